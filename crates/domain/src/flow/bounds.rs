//! Documents that come by another way than a file fit into one all the same, so that they can be exported.

use crate::flow::{codes, limits};
use crate::problem::Problems;
use crate::value::Value;

/// Whether a document, as compact JSON, is within the limits of a workflow file. One that is not has one
/// problem, `file.too_large` or `file.too_deep`, and should not be read further.
pub fn check(document: &Value, problems: &mut Problems) -> bool {
    // Not recursive: how deep it is nested is yet to be seen.
    let mut left = vec![(document, 0)];
    let mut values = 0;
    while let Some((value, depth)) = left.pop() {
        values += 1;
        if depth > limits::DEPTH_MAX {
            let message = format!("lists and objects are nested deeper than {}", limits::DEPTH_MAX);
            problems.add("", codes::FILE_TOO_DEEP, message);
            return false;
        }
        if values > limits::FILE_VALUES_MAX {
            let message = format!("the document has more than {} values", limits::FILE_VALUES_MAX);
            problems.add("", codes::FILE_TOO_LARGE, message);
            return false;
        }
        match value {
            Value::Array(list) => left.extend(list.iter().map(|item| (item, depth + 1))),
            Value::Object(object) => left.extend(object.values().map(|member| (member, depth + 1))),
            _ => {}
        }
    }
    if document.to_string().len() > limits::FILE_BYTES_MAX {
        let message = format!("the document is larger than {} bytes", limits::FILE_BYTES_MAX);
        problems.add("", codes::FILE_TOO_LARGE, message);
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn codes(document: &Value) -> Vec<String> {
        let mut problems = Problems::new();
        let fits = check(document, &mut problems);
        assert_eq!(fits, problems.is_empty());
        problems.into_vec().into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn what_fits_into_a_file_passes_and_one_more_does_not() {
        let nest = |lists| (0..lists).fold(json!(0), |inner, _| json!([inner]));
        assert_eq!(codes(&nest(limits::DEPTH_MAX)), [""; 0]);
        assert_eq!(codes(&nest(limits::DEPTH_MAX + 1)), ["file.too_deep"]);

        let list = |values| json!(vec![0; values - 1]);
        assert_eq!(codes(&list(limits::FILE_VALUES_MAX)), [""; 0]);
        assert_eq!(codes(&list(limits::FILE_VALUES_MAX + 1)), ["file.too_large"]);

        let text = |bytes| json!("x".repeat(bytes - 2));
        assert_eq!(codes(&text(limits::FILE_BYTES_MAX)), [""; 0]);
        assert_eq!(codes(&text(limits::FILE_BYTES_MAX + 1)), ["file.too_large"]);
    }
}
