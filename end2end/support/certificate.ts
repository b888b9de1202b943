// A self-signed certificate for https://localhost (RFC 5280 section 4.1), made for one run. Node makes keys and
// signatures, but no certificates, so this writes the DER (X.690) itself. Browsers accept it with
// `ignoreHTTPSErrors`.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** Both in PEM. */
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
/** `version` and `extensions` of the certificate, and `dNSName` of a subject's alternative names. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';

export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, identifier(ECDSA_WITH_SHA256));
  const localhost = Buffer.from('localhost');
  const attribute = der(SEQUENCE, identifier(COMMON_NAME), der(UTF8_STRING, localhost));
  const name = der(SEQUENCE, der(SET, attribute));
  const names = der(OCTET_STRING, der(SEQUENCE, der(DNS_NAME, localhost)));
  const toBeSigned = der(
    SEQUENCE,
    // Version 3 is written as 2.
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    // The first byte keeps the number positive, in its shortest form.
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + 30 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, identifier(SUBJECT_ALT_NAME), names))),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const noUnusedBits = Buffer.from([0]);
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, noUnusedBits, signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** One value: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content]);
}

/** Up to 127 a length is one byte; a longer one begins with its number of bytes. No certificate here has 64 KiB. */
function lengthOf({ length }: Buffer): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function identifier(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'));
}

/** `YYMMDDHHMMSSZ`. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().slice(2, 19).replace(/\D/g, '');
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}
