// The rules of style/: those of stylelint-config-standard, except where they would change what the files say or how
// they look.
export default {
  extends: ['stylelint-config-standard'],
  rules: {
    // A variant begins with the custom properties that it reassigns, without an empty line after them.
    'declaration-empty-line-before': null,
    // Tokens stand in groups, each after an empty line.
    'custom-property-empty-line-before': null,
    // Hues of oklch() are numbers, in degrees (CSS Color 4 section 4.1).
    'hue-degree-notation': 'number',
    // Media queries are written with min- and max-.
    'media-feature-range-notation': 'prefix',
    // Safari on iOS knows this property by its prefix alone.
    'property-no-vendor-prefix': [true, { ignoreProperties: ['-webkit-text-size-adjust'] }],
    // Names of fonts are no keywords.
    'value-keyword-case': ['lower', { ignoreProperties: ['/^--font-/'] }],
  },
};
