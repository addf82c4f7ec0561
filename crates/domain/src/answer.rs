//! What the caller gets back.

use bytes::Bytes;

/// An HTTP answer as the flow decided it. The headers that everything carries are added by the listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599.
    pub status: u16,
    /// Names as the author wrote them.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}
impl Answer {
    pub fn for_end(_end: crate::execution::status::End, _execution: crate::id::ExecutionId) -> Self {
        todo!()
    }
}
impl crate::flow::plan::AnswerTemplate {
    pub fn render(
        &self,
        _s: &crate::template::scope::Scope<'_>,
        _at: &str,
        _m: &mut Vec<crate::template::Missing>,
    ) -> Result<Answer, crate::execution::journal::NodeError> {
        todo!()
    }
}
