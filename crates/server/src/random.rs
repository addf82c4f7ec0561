//! What nobody can foresee.

/// 128 bits, in hexadecimal.
pub(crate) fn hex() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// From 0 to 1.
pub(crate) fn part() -> f64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)
}
