//! Line charts as SVG: linear or logarithmic axes, light and dark by the reader's colour scheme, with a title and a
//! description for readers who do not see them. Pure: the same chart always gives the same text.

use std::fmt::Write as _;

use crate::numbers::short;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 430.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = 58.0;
/// An estimate, for the places of the legend: SVG does not measure text.
const CHARACTER: f64 = 7.4;
/// How many lines can be told apart, by colour and by dashes.
const STYLES: usize = 6;

/// Both colour schemes have a contrast of 3:1 at least between lines and paper, and 4.5:1 for text.
const STYLE: &str = "\
.paper{fill:#fff}.ink{fill:#1f2328}.muted{fill:#59636e}.grid{stroke:#d8dee4}\
.s0{--line:#0063a6}.s1{--line:#b84a00}.s2{--line:#00735a}.s3{--line:#9a2f80}.s4{--line:#6a5300}.s5{--line:#4b4f56}\
text{font:13px system-ui,sans-serif}.title{font-size:16px;font-weight:600}\
.line{fill:none;stroke:var(--line);stroke-width:2.2}.dot{fill:var(--line)}\
.s1 .line{stroke-dasharray:7 4}.s2 .line{stroke-dasharray:2 3}.s3 .line{stroke-dasharray:10 3 2 3}\
.s4 .line{stroke-dasharray:5 5}.s5 .line{stroke-dasharray:1 4}\
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{fill:#e6edf3}.muted{fill:#9198a1}.grid{stroke:#30363d}\
.s0{--line:#58a6ff}.s1{--line:#f0883e}.s2{--line:#3fb98f}.s3{--line:#e38ac9}.s4{--line:#d4b44a}.s5{--line:#b1b8c0}}";

/// A chart.
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
}

/// An axis with its unit.
pub(crate) struct Axis {
    pub(crate) label: &'static str,
    pub(crate) scale: Scale,
}

/// How values lie on an axis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// From zero.
    Linear,
    /// Values above zero alone.
    Log,
}

/// A line.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// The visible part of an axis.
struct Range {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Range {
    fn of(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, 0.0_f64), |(low, high), it| (low.min(it), high.max(it)));
        // Without a value there is an axis all the same.
        let (low, high) = if low.is_finite() { (low, high) } else { (1.0, 1.0) };
        match scale {
            Scale::Linear => {
                let step = step(high);
                Self { scale, low: 0.0, high: ((high / step).ceil() * step).max(step) }
            }
            Scale::Log => {
                let low = 10_f64.powf(low.log10().floor());
                let high = 10_f64.powf(high.log10().ceil());
                Self { scale, low, high: if high > low { high } else { low * 10.0 } }
            }
        }
    }

    /// From 0 to 1.
    fn position(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).log10() / (self.high / self.low).log10(),
        }
    }

    /// Round values: every step, every power of ten, and between few of those also the double and the fivefold.
    fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.high);
                let count = (self.high / step).round() as u32;
                (0..=count).map(|number| f64::from(number) * step).collect()
            }
            Scale::Log => {
                let first = self.low.log10().round() as i32;
                let last = self.high.log10().round() as i32;
                let factors: &[f64] = if last - first > 2 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let powers = (first..=last).map(|exponent| 10_f64.powi(exponent));
                let all = powers.flat_map(|power| factors.iter().map(move |it| it * power));
                all.filter(|it| *it <= self.high * 1.000_001).collect()
            }
        }
    }
}

/// A round step that divides up to `high` into four to ten parts.
fn step(high: f64) -> f64 {
    if high <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf((high / 4.0).log10().floor());
    let factor = [5.0_f64, 2.0, 1.0].into_iter().find(|it| it * power <= high / 4.0);
    factor.unwrap_or(1.0) * power
}

/// The chart as a document.
pub(crate) fn svg(chart: &Chart) -> String {
    let is_visible = |&(x, y): &(f64, f64)| {
        (chart.x.scale == Scale::Linear || x > 0.0) && (chart.y.scale == Scale::Linear || y > 0.0)
    };
    let lines: Vec<Vec<(f64, f64)>> = chart
        .series
        .iter()
        .map(|series| series.points.iter().copied().filter(is_visible).collect())
        .collect();
    let x = Range::of(chart.x.scale, lines.iter().flatten().map(|it| it.0));
    let y = Range::of(chart.y.scale, lines.iter().flatten().map(|it| it.1));
    let place = |&(at_x, at_y): &(f64, f64)| {
        let across = LEFT + x.position(at_x) * (WIDTH - LEFT - RIGHT);
        (across, HEIGHT - BOTTOM - y.position(at_y) * (HEIGHT - TOP - BOTTOM))
    };
    let mut text = head(chart);
    grid(&mut text, &x, &y);
    labels(&mut text, chart);
    for (number, points) in lines.iter().enumerate() {
        line(&mut text, number, &points.iter().map(place).collect::<Vec<_>>());
    }
    text + "</svg>\n"
}

fn head(chart: &Chart) -> String {
    let ends = chart.series.iter().filter_map(|series| {
        let ((x, y), (last_x, last_y)) = (series.points.first()?, series.points.last()?);
        let (from, to) = (format!("{} at {}", short(*y), short(*x)), short(*last_y));
        Some(format!(" {}: {from}, {to} at {}.", series.name, short(*last_x)))
    });
    let description =
        format!("{} by {}.", chart.y.label, chart.x.label) + &ends.collect::<String>();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-labelledby=\"title description\">\n<title id=\"title\">{}</title>\n\
         <desc id=\"description\">{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n",
        escaped(&chart.title),
        escaped(&description)
    )
}

/// Lines and values of both axes.
fn grid(text: &mut String, x: &Range, y: &Range) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for tick in x.ticks() {
        let at = LEFT + x.position(tick) * (right - LEFT);
        put(text, &format!("<path class=\"grid\" d=\"M{at:.1} {TOP}V{bottom}\"/>"));
        put(text, &label("muted", "middle", (at, bottom + 20.0), &short_tick(tick)));
    }
    for tick in y.ticks() {
        let at = bottom - y.position(tick) * (bottom - TOP);
        put(text, &format!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>"));
        put(text, &label("muted", "end", (LEFT - 8.0, at + 4.5), &short_tick(tick)));
    }
}

/// The title, the names of the axes, and the legend.
fn labels(text: &mut String, chart: &Chart) {
    put(text, &label("ink title", "start", (LEFT, 26.0), &chart.title));
    let below = (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 14.0);
    put(text, &label("ink", "middle", below, chart.x.label));
    put(text, &label("ink", "start", (12.0, TOP - 12.0), chart.y.label));
    let (mut across, mut down) = (LEFT, 48.0);
    for (number, series) in chart.series.iter().enumerate() {
        let width = 44.0 + CHARACTER * series.name.chars().count() as f64;
        if across + width > WIDTH - RIGHT && across > LEFT {
            (across, down) = (LEFT, down + 18.0);
        }
        let end = across + 26.0;
        let style = number % STYLES;
        put(
            text,
            &format!(
                "<g class=\"s{style}\"><path class=\"line\" d=\"M{across:.1} {down}H{end:.1}\"/></g>"
            ),
        );
        put(text, &label("ink", "start", (end + 6.0, down + 4.5), &series.name));
        across += width;
    }
}

fn line(text: &mut String, number: usize, points: &[(f64, f64)]) {
    let Some(((x, y), rest)) = points.split_first() else { return };
    let mut path = format!("M{x:.1} {y:.1}");
    for (x, y) in rest {
        // Writing to a string does not fail.
        let _ = write!(path, "L{x:.1} {y:.1}");
    }
    put(text, &format!("<g class=\"s{}\"><path class=\"line\" d=\"{path}\"/>", number % STYLES));
    for (x, y) in points {
        put(text, &format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\"/>"));
    }
    put(text, "</g>");
}

fn label(class: &str, anchor: &str, (x, y): (f64, f64), text: &str) -> String {
    let text = escaped(text);
    format!(
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
    )
}

/// `0.1`, `10`, `1,000`: a round value has no digits to spare.
fn short_tick(value: f64) -> String {
    let text = short(value);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn put(text: &mut String, element: &str) {
    text.push_str(element);
    text.push('\n');
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(scale: Scale, series: Vec<Series>) -> Chart {
        let axis = |label| Axis { label, scale };
        Chart { title: "a < b & c".to_owned(), x: axis("rows"), y: axis("µs"), series }
    }

    fn series(name: &str, points: &[(f64, f64)]) -> Series {
        Series { name: name.to_owned(), points: points.to_vec() }
    }

    /// Fails unless every element is closed, in order, and no attribute or text holds a bare mark.
    fn assert_well_formed(text: &str) {
        let mut open = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            let (before, tag) = rest.split_at(start);
            assert!(!before.contains('>'), "{before}");
            let end = tag.find('>').expect("a tag ends");
            let inside = &tag[1..end];
            assert!(
                !inside.contains('<') && inside.matches('"').count().is_multiple_of(2),
                "{inside}"
            );
            let name = |it: &str| it.split([' ', '/']).next().unwrap_or_default().to_owned();
            if let Some(closed) = inside.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(closed));
            } else if !inside.ends_with('/') {
                open.push(name(inside));
            }
            rest = &tag[end + 1..];
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
        let entities = text.split('&').skip(1);
        for entity in entities {
            assert!(["amp;", "lt;", "gt;"].iter().any(|it| entity.starts_with(it)), "{entity}");
        }
    }

    #[test]
    fn a_chart_is_well_formed_and_says_what_it_shows() {
        let lines = vec![
            series("p50", &[(1_000.0, 40.0), (1_000_000.0, 55.0)]),
            series("p99 & more", &[(1_000.0, 400.0), (1_000_000.0, 900.0)]),
        ];
        let text = svg(&chart(Scale::Log, lines));
        assert_well_formed(&text);
        assert!(text.contains("<title id=\"title\">a &lt; b &amp; c</title>"), "{text}");
        assert!(text.contains("µs by rows. p50: 40.0 at 1,000, 55.0 at 1,000,000."), "{text}");
        assert!(text.contains("prefers-color-scheme:dark"));
        assert_eq!(text.matches("<circle").count(), 4);
    }

    #[test]
    fn a_chart_without_points_is_well_formed_as_well() {
        assert_well_formed(&svg(&chart(Scale::Linear, Vec::new())));
        let zero = vec![series("nothing to see", &[(0.0, 0.0)])];
        assert_well_formed(&svg(&chart(Scale::Log, zero)));
    }

    #[test]
    fn a_logarithmic_axis_spans_powers_of_ten() {
        let range = Range::of(Scale::Log, [30.0, 4_000.0].into_iter());
        assert_eq!((range.low.round(), range.high.round()), (10.0, 10_000.0));
        assert!(
            (range.position(10.0)).abs() < 1e-9 && (range.position(10_000.0) - 1.0).abs() < 1e-9
        );
        assert!((range.position(100.0) - 1.0 / 3.0).abs() < 1e-9);
        let ticks: Vec<String> = range.ticks().into_iter().map(short_tick).collect();
        assert_eq!(ticks, ["10", "100", "1,000", "10,000"]);
        let narrow = Range::of(Scale::Log, [1.5, 3.0].into_iter());
        let ticks: Vec<String> = narrow.ticks().into_iter().map(short_tick).collect();
        assert_eq!(ticks, ["1", "2", "5", "10"]);
    }

    #[test]
    fn a_linear_axis_begins_at_zero_and_has_round_steps() {
        let range = Range::of(Scale::Linear, [10.0, 90.0].into_iter());
        assert_eq!((range.low, range.high), (0.0, 100.0));
        let ticks: Vec<String> = range.ticks().into_iter().map(short_tick).collect();
        assert_eq!(ticks, ["0", "20", "40", "60", "80", "100"]);
    }

    #[test]
    fn a_long_legend_has_several_lines() {
        let name = "a name that is long enough to need a good part of a line";
        let lines: Vec<Series> = (0..4).map(|_| series(name, &[(1.0, 1.0)])).collect();
        let text = svg(&chart(Scale::Linear, lines));
        assert_well_formed(&text);
        assert_eq!(text.matches(&format!(">{name}</text>")).count(), 4);
        assert!(
            text.contains("H102.0") && text.contains("y=\"52.5\"") && text.contains("y=\"70.5\"")
        );
    }
}
