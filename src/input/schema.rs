//! Schemas of what is read, as the document has them.

use serde_json::Value;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type};

/// The name of a field as clients write it: `r#type` is `type`.
pub(crate) fn field_name(name: &'static str) -> &'static str {
    name.trim_start_matches("r#")
}

/// A schema that refers to another by its name.
pub(crate) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The schema of an object: its description, and name, whether required, description and schema of each field.
pub(crate) fn object_schema(
    doc: &str,
    fields: Vec<(&'static str, bool, &'static str, RefOr<Schema>)>,
) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().schema_type(Type::Object).description(Some(prose(doc)));
    for (name, required, doc, schema) in fields {
        object = object.property(name, described(schema, prose(doc), required));
        if required {
            object = object.required(name);
        }
    }
    RefOr::T(Schema::Object(object.build()))
}

/// Doc comments are lines with a leading space: joins them to paragraphs.
fn prose(doc: &str) -> String {
    doc.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A field's schema with its description. An optional field may also be `null`, which counts as absent.
fn described(schema: RefOr<Schema>, doc: String, required: bool) -> RefOr<Schema> {
    let nullable = |schema| OneOfBuilder::new().item(Object::with_type(Type::Null)).item(schema);
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if !required {
                object.schema_type = or_null(object.schema_type);
                if let Some(values) = &mut object.enum_values {
                    values.push(Value::Null);
                }
            }
            object.description = Some(doc);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            if !required {
                array.schema_type = or_null(array.schema_type);
            }
            array.description = Some(doc);
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::OneOf(one_of)) if required => {
            RefOr::T(Schema::OneOf(OneOfBuilder::from(one_of).description(Some(doc)).build()))
        }
        other if required => other,
        other => RefOr::T(Schema::OneOf(nullable(other).description(Some(doc)).build())),
    }
}

fn or_null(schema_type: SchemaType) -> SchemaType {
    match schema_type {
        SchemaType::Type(one) => SchemaType::Array(vec![one, Type::Null]),
        SchemaType::Array(mut several) => {
            several.push(Type::Null);
            SchemaType::Array(several)
        }
        SchemaType::AnyValue => SchemaType::AnyValue,
    }
}
