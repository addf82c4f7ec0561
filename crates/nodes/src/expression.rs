//! JSONata behind the domain's `Evaluator`.
