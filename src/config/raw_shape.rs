//! Shapes as typed: `[height, width, channels]`, or a number where a vector is meant.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::design::Shape;
use super::raw::{MAX_CHANNELS, MAX_SIDE};

/// `[height, width, channels]`.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct RawShape([usize; 3]);

impl RawShape {
    pub fn shape(self) -> Shape {
        let [height, width, channels] = self.0;
        Shape::new(height, width, channels)
    }
}

impl fmt::Display for RawShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl JsonSchema for RawShape {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Shape".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "prefixItems": [
                { "type": "integer", "minimum": 1, "maximum": MAX_SIDE, "description": "Height." },
                { "type": "integer", "minimum": 1, "maximum": MAX_SIDE, "description": "Width." },
                { "type": "integer", "minimum": 1, "maximum": MAX_CHANNELS, "description": "Channels." },
            ],
            "minItems": 3,
            "maxItems": 3,
        })
    }
}

/// Outputs of a dense layer.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(super) enum RawOutputs {
    Vector(usize),
    Map(RawShape),
}

impl RawOutputs {
    pub fn shape(self) -> Shape {
        match self {
            Self::Vector(outputs) => Shape::vector(outputs),
            Self::Map(map) => map.shape(),
        }
    }
}

impl JsonSchema for RawOutputs {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Outputs".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": MAX_CHANNELS },
                RawShape::json_schema(generator),
            ],
        })
    }
}
