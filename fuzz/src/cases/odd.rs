//! Values and texts that servers stumble over.

use serde_json::{Map, Value, json};

use super::entropy::Entropy;

/// Texts that mean something somewhere: to a database, a parser, a path, a page or a font.
const TEXTS: &[&str] = &[
    "",
    " ",
    "x",
    "\u{0}",
    "a\u{0}b",
    "\u{1}\u{7f}",
    "\r\nX-Injected: 1",
    "'; drop table customers; --",
    "\\",
    "\"",
    "%00",
    "%s%n",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "${7*7}{{7*7}}",
    "null",
    "NaN",
    "Infinity",
    "-0",
    "1e400",
    "12,50",
    "0x10",
    "true",
    "\u{202e}\u{fffd}\u{ffff}😀",
    "e\u{301}\u{301}\u{301}",
    "İıſß",
    "\u{feff}",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "{00000000-0000-4000-8000-000000000001}",
    "9999-12-31T23:59:60Z",
    "+262143-12-31T23:59:59Z",
    "-0001-01-01",
    "2026-02-30",
    "http://[::1",
    "http://user:pass@host:99999/",
    "javascript:alert(1)",
    "$serde_json::private::RawValue",
    "$serde_json::private::Number",
];

/// Numbers at the edges of every type, as they are written.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "0.00001",
    "1.00001",
    "1e400",
    "-1e400",
    "1e-400",
    "1E+2",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    "999999999999999.9999",
    "1000000000000000",
    "0.1e1",
    "123456789012345678901234567890123456789012345678901234567890",
    "79228162514264337593543950336",
];

/// A text that is odd, or any text at all.
pub fn text(entropy: &mut Entropy<'_>) -> String {
    match entropy.below(8) {
        0..=4 => (*entropy.of::<&str>(TEXTS)).to_owned(),
        5 => "x".repeat(*entropy.of(&[255, 256, 257, 512, 527, 2_049, 4_001, 10_000])),
        6 => "ã😀".repeat(*entropy.of(&[64, 127, 128, 255])),
        _ => String::from_utf8_lossy(&entropy.bytes(48)).into_owned(),
    }
}

/// A number that is odd.
pub fn number(entropy: &mut Entropy<'_>) -> Value {
    serde_json::from_str(entropy.of::<&str>(NUMBERS)).unwrap_or(Value::Null)
}

/// A value of any type, likely odd.
pub fn value(entropy: &mut Entropy<'_>, depth: usize) -> Value {
    match entropy.below(12) {
        0..=3 => json!(text(entropy)),
        4 | 5 => number(entropy),
        6 => json!(entropy.one_in(2)),
        7 => Value::Null,
        8 => deep(*entropy.of(&[1, 20, 100, 120, 127, 200])),
        _ if depth > 4 => json!([]),
        9 => Value::Array((0..entropy.below(4)).map(|_| value(entropy, depth + 1)).collect()),
        10 => json!(vec![Value::Null; *entropy.of(&[1, 120, 121, 300, 301])]),
        _ => Value::Object(fields(entropy, depth)),
    }
}

/// Fields of any names and values.
pub fn fields(entropy: &mut Entropy<'_>, depth: usize) -> Map<String, Value> {
    (0..entropy.below(4)).map(|_| (text(entropy), value(entropy, depth + 1))).collect()
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inside, level| if level % 2 == 0 { json!([inside]) } else { json!({"a": inside}) })
}

/// Pieces that no JSON, or no text, can have just anywhere.
const PIECES: &[&[u8]] = &[
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\\u0000",
    b"\\u0024serde_json::private::Number",
    b"\0",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[[[[[[[[",
    b",",
    b":",
    b"1e99999",
    b"-",
    b"0",
    b"NaN",
    b"null",
    b"\r\n",
    b"//",
];

/// Puts odd pieces anywhere into bytes, or takes some out.
pub fn spoil(entropy: &mut Entropy<'_>, bytes: &mut Vec<u8>) {
    for _ in 0..=entropy.below(3) {
        let at = entropy.below(bytes.len() + 1);
        match entropy.below(4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + entropy.below(8)).min(bytes.len()))),
            _ => drop(bytes.splice(at..at, entropy.of(PIECES).iter().copied())),
        }
    }
}
