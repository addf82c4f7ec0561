//! Values into JSONata and back.

use domain::flow::codes;
use domain::template::ExpressionError;
use domain::value::Value;
use jsonata_core::value::{JValue, with_stack};
use serde_json::{Map, Number};

use super::{EXPRESSION_VALUE_DEPTH_MAX, error};

/// Up to here every whole double is one integer.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

pub(super) fn to_jsonata(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(bool) => JValue::Bool(*bool),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::MAX)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(list) => JValue::array(list.iter().map(to_jsonata).collect()),
        Value::Object(members) => {
            JValue::object(members.iter().map(|(key, value)| (key.clone(), to_jsonata(value))).collect())
        }
    }
}

/// `None` for nothing. Values that share parts are written out, so the size is counted on the way.
pub(super) fn from_jsonata(value: &JValue, bytes_max: usize) -> Result<Option<Value>, ExpressionError> {
    if value.is_undefined() {
        return Ok(None);
    }
    Output { bytes_left: bytes_max, bytes_max }.value(value, 0).map(Some)
}

struct Output {
    bytes_left: usize,
    bytes_max: usize,
}

impl Output {
    fn value(&mut self, value: &JValue, depth: usize) -> Result<Value, ExpressionError> {
        if depth > EXPRESSION_VALUE_DEPTH_MAX {
            let message = format!("the result nests deeper than {EXPRESSION_VALUE_DEPTH_MAX}");
            return Err(error(codes::EXPRESSION_TOO_LARGE, message));
        }
        Ok(match value {
            JValue::Null | JValue::Undefined => {
                self.count(4)?;
                Value::Null
            }
            JValue::Bool(bool) => {
                self.count(4)?;
                Value::Bool(*bool)
            }
            JValue::Number(number) => {
                self.count(8)?;
                number_from(*number)?
            }
            JValue::String(text) => {
                self.count(text.len() + 2)?;
                Value::String(text.to_string())
            }
            JValue::Array(list) => {
                self.count(2 + list.len())?;
                with_stack(|| list.iter().map(|element| self.value(element, depth + 1)).collect::<Result<_, _>>())?
            }
            JValue::Object(members) => {
                let mut object = Map::new();
                for (key, member) in members.iter() {
                    self.count(key.len() + 4)?;
                    object.insert(key.clone(), with_stack(|| self.value(member, depth + 1))?);
                }
                Value::Object(object)
            }
            JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => {
                return Err(error("expression.failed", "the result is or holds a function".to_owned()));
            }
        })
    }

    fn count(&mut self, bytes: usize) -> Result<(), ExpressionError> {
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or_else(|| {
            error(codes::EXPRESSION_TOO_LARGE, format!("the result is larger than {} bytes", self.bytes_max))
        })?;
        Ok(())
    }
}

fn number_from(number: f64) -> Result<Value, ExpressionError> {
    if number.fract() == 0.0 && number.abs() <= WHOLE_MAX {
        return Ok(Value::from(number as i64));
    }
    Number::from_f64(number)
        .map(Value::Number)
        .ok_or_else(|| error("expression.failed", format!("{number} is not a number of JSON")))
}
