//! Random bytes from the operating system's generator. The only place in the house that draws them.

use std::cell::RefCell;

use zeroize::Zeroize;

/// How many bytes one draw of the generator gives: a draw costs about the same for one byte and for many.
const DRAW: usize = 512;

struct Pool {
    bytes: [u8; DRAW],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; DRAW], used: DRAW }) };
}

/// `N` unpredictable bytes, each given out once.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    const { assert!(N <= DRAW) };
    POOL.with_borrow_mut(|pool| {
        if pool.used + N > DRAW {
            aws_lc_rs::rand::fill(&mut pool.bytes).expect("the operating system's generator answers");
            pool.used = 0;
        }
        let mut given = [0; N];
        let taken = &mut pool.bytes[pool.used..pool.used + N];
        given.copy_from_slice(taken);
        taken.zeroize();
        pool.used += N;
        given
    })
}

/// A number in `[0, 1)`, for jitter; never for secrets.
#[must_use]
pub fn fraction() -> f64 {
    let draw = u32::from_le_bytes(bytes());
    f64::from(draw) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_draw_repeats_within_a_thread_or_between_threads() {
        let draws = || (0..1_000).map(|_| bytes::<16>()).collect::<Vec<_>>();
        let other = std::thread::spawn(draws);
        let all: Vec<_> = draws().into_iter().chain(other.join().expect("a thread")).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 2_000);
        assert!(all.iter().all(|draw| draw != &[0; 16]));
    }
}
