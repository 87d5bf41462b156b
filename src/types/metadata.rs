//! What a merchant attaches to its sessions and customers: short texts by name.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Text;

/// Entries that one object can have.
const MAX_ENTRIES: usize = 120;

type Key = Text<1, 48>;
type Content = Text<0, 512>;

/// At most 120 entries of a key (1 to 48 characters) and a value (up to 512), read as an array of
/// `{"key", "value"}` or as an object of strings, and written in the form that was read.
#[derive(Clone, Debug)]
pub struct Metadata {
    entries: Vec<(Key, Content)>,
    as_object: bool,
}

/// What is wrong with which part of sent metadata. The part is a path such as `[0].key`, or empty for the whole.
#[derive(Debug, PartialEq, Eq)]
pub struct MetadataError {
    /// The part, to be put behind the name of the field.
    pub part: String,
    /// Whether the part is missing; otherwise it is wrong.
    pub missing: bool,
    /// What is wrong, in words for the sender.
    pub what: String,
}

impl Metadata {
    /// Reads either form.
    ///
    /// # Errors
    /// Every part that is wrong, in order.
    pub fn read(raw: &Value) -> Result<Self, Vec<MetadataError>> {
        let mut errors = Vec::new();
        // Every entry is read before any is given up, so that all wrong ones are named.
        let entries: Vec<_> = match raw {
            Value::Array(items) if items.len() <= MAX_ENTRIES => {
                items.iter().enumerate().map(|(at, item)| entry(at, item, &mut errors)).collect()
            }
            Value::Object(object) if object.len() <= MAX_ENTRIES => {
                object.iter().map(|(key, value)| named(key, value, &mut errors)).collect()
            }
            Value::Array(_) | Value::Object(_) => {
                errors.push(wrong("", format!("must have at most {MAX_ENTRIES} entries")));
                Vec::new()
            }
            _ => {
                errors.push(wrong("", "must be an array of {\"key\", \"value\"} or an object of strings".into()));
                Vec::new()
            }
        };
        match entries.into_iter().collect() {
            Some(entries) if errors.is_empty() => Ok(Self { entries, as_object: raw.is_object() }),
            _ => Err(errors),
        }
    }
}

fn named(key: &str, value: &Value, errors: &mut Vec<MetadataError>) -> Option<(Key, Content)> {
    let part = format!(".{key}");
    let key = text(&part, key, errors);
    let value = string(&part, Some(value), errors);
    Some((key?, value?))
}

fn entry(at: usize, item: &Value, errors: &mut Vec<MetadataError>) -> Option<(Key, Content)> {
    let Value::Object(object) = item else {
        errors.push(wrong(&format!("[{at}]"), "must be an object with key and value".into()));
        return None;
    };
    let key = string(&format!("[{at}].key"), object.get("key"), errors);
    let value = string(&format!("[{at}].value"), object.get("value"), errors);
    Some((key?, value?))
}

fn string<const MIN: usize, const MAX: usize>(
    part: &str,
    raw: Option<&Value>,
    errors: &mut Vec<MetadataError>,
) -> Option<Text<MIN, MAX>> {
    match raw {
        Some(Value::String(found)) => text(part, found, errors),
        None | Some(Value::Null) => {
            errors.push(MetadataError { part: part.into(), missing: true, what: "is required".into() });
            None
        }
        Some(_) => {
            errors.push(wrong(part, "must be a string".into()));
            None
        }
    }
}

fn text<const MIN: usize, const MAX: usize>(
    part: &str,
    found: &str,
    errors: &mut Vec<MetadataError>,
) -> Option<Text<MIN, MAX>> {
    Text::parse(found).map_err(|what| errors.push(wrong(part, what))).ok()
}

fn wrong(part: &str, what: String) -> MetadataError {
    MetadataError { part: part.into(), missing: false, what }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Entry<'a> {
            key: &'a Key,
            value: &'a Content,
        }
        if self.as_object {
            let mut map = serializer.serialize_map(Some(self.entries.len()))?;
            for (key, value) in &self.entries {
                map.serialize_entry(key, value)?;
            }
            map.end()
        } else {
            let mut seq = serializer.serialize_seq(Some(self.entries.len()))?;
            for (key, value) in &self.entries {
                seq.serialize_element(&Entry { key, value })?;
            }
            seq.end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn is_written_in_the_form_it_was_read() {
        for form in [
            json!([{"key": "b", "value": "1"}, {"key": "a", "value": ""}]),
            json!({"b": "1", "a": ""}),
            json!([]),
            json!({}),
        ] {
            let read = Metadata::read(&form).expect("right");
            assert_eq!(serde_json::to_string(&read).expect("json"), form.to_string());
        }
    }

    #[test]
    fn names_every_part_that_is_wrong() {
        let object = Metadata::read(&json!({"": 1, "a": "b", "c": null})).expect_err("wrong");
        assert_eq!(object.iter().map(|error| error.part.as_str()).collect::<Vec<_>>(), [".", ".", ".c"]);

        let errors = Metadata::read(&json!([{"key": "a"}, 7, {"key": "", "value": 1}])).expect_err("wrong");
        let parts: Vec<_> = errors.iter().map(|error| error.part.as_str()).collect();
        assert_eq!(parts, ["[0].value", "[1]", "[2].key", "[2].value"]);
        assert!(errors[0].missing && !errors[1].missing);
    }

    #[test]
    fn holds_its_limits() {
        let entries =
            |n: usize| json!((0..n).map(|i| json!({"key": format!("k{i}"), "value": "v"})).collect::<Vec<_>>());
        assert!(Metadata::read(&entries(120)).is_ok());
        assert!(Metadata::read(&entries(121)).is_err());
        assert!(Metadata::read(&json!({"k".repeat(48): "v".repeat(512)})).is_ok());
        assert!(Metadata::read(&json!({"k".repeat(49): "v"})).is_err());
        assert!(Metadata::read(&json!({"k": "v".repeat(513)})).is_err());
        assert!(Metadata::read(&json!("k=v")).is_err());
    }
}
