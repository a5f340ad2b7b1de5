//! A value and where it stands in the text.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value with its byte range in the TOML text, or without one when it is a default.
///
/// `toml::Spanned` alone cannot stand for a default, and has no schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Located<T> {
    pub value: T,
    pub span: Option<Range<usize>>,
}

impl<T> From<T> for Located<T> {
    fn from(value: T) -> Self {
        Self { value, span: None }
    }
}

impl Located<i64> {
    /// The value of a key whose range, checked before, holds no negative number.
    pub fn size(&self) -> usize {
        usize::try_from(self.value).unwrap_or_default()
    }

    /// The value of a key whose range, checked before, fits 32 bits.
    pub fn count(&self) -> u32 {
        u32::try_from(self.value).unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Self { value: spanned.into_inner(), span: Some(span) })
    }
}

impl<T: Serialize> Serialize for Located<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}
