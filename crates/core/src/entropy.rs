//! Random bytes from the operating system's generator. The only place in the house that draws them.

/// `N` unpredictable bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system's generator answers");
    bytes
}

/// A number in `[0, 1)`, for jitter; never for secrets.
#[must_use]
pub fn fraction() -> f64 {
    let draw = u32::from_le_bytes(bytes());
    f64::from(draw) / (f64::from(u32::MAX) + 1.0)
}
