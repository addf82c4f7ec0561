//! What is sent: an order of one kilobyte that the bench made up, and a push as GitHub sends it.

const ORDER_BYTES: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// 1 KB, most of it one text.
    Order,
    /// 7.7 KB, with some 200 values.
    Push,
}

impl Body {
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Order => order(),
            Self::Push => include_bytes!("../bodies/push.json").to_vec(),
        }
    }

    pub(crate) fn size(self) -> &'static str {
        match self {
            Self::Order => "1 KB",
            Self::Push => "8 KB",
        }
    }
}

/// One kilobyte of JSON.
fn order() -> Vec<u8> {
    let start = r#"{"order":{"id":"A-1001","status":"paid","total":129.9},"padding":""#;
    let end = r#""}"#;
    let padding = "x".repeat(ORDER_BYTES - start.len() - end.len());
    [start, &padding, end].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_as_large_as_they_say_and_pass_their_rules() {
        let parsed = |body: Body| serde_json::from_slice::<serde_json::Value>(&body.bytes()).expect("the body is JSON");
        assert_eq!(Body::Order.bytes().len(), ORDER_BYTES);
        assert_eq!(parsed(Body::Order)["order"]["status"], "paid");
        assert!((7_500..8_500).contains(&Body::Push.bytes().len()));
        assert_eq!(parsed(Body::Push)["ref"], "refs/heads/master");
    }
}
