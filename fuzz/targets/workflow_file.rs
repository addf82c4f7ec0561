//! See `fuzz::workflow_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::workflow_file(bytes));
