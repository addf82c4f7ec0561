//! See `fuzz::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        // Panics of the library behind expressions are caught, and make errors; libFuzzer's own hook would abort.
        std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    },
    |bytes: &[u8]| fuzz::template(bytes)
);
