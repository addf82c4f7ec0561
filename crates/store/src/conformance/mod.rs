//! What every backend must do, as plain functions over `&dyn Store`.
