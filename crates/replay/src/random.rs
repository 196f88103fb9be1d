//! The generator that the reference simulator deals its VMs to hosts with: numpy's
//! `default_rng(8)`, a PCG64 (O'Neill, 2014; XSL-RR, 128 bits of state). The same deal is what
//! makes figures of shared hosts comparable; nothing else here is random.

/// A sequence that is always the same.
#[derive(Debug)]
pub(crate) struct Random {
    state: u128,
    /// The upper half of the last number is the next 32 bits.
    half: Option<u32>,
}

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;
/// Both of seed 8, as numpy's `SeedSequence` stretches it.
const STATE: u128 = 0xef2a_56f3_d7d6_ee4b_cb77_4663_521e_4fdb;
const INCREMENT: u128 = 0x2dbe_862f_9cfb_bb0f_307b_8deb_1f8c_182d;

impl Random {
    pub(crate) fn new() -> Self {
        Self { state: STATE, half: None }
    }

    fn next64(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let turns = u32::try_from(self.state >> 122).unwrap_or_default();
        let folded = (self.state >> 64) ^ self.state;
        low(folded).rotate_right(turns)
    }

    fn next32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let number = self.next64();
        self.half = Some(u32::try_from(number >> 32).unwrap_or_default());
        u32::try_from(number & 0xffff_ffff).unwrap_or_default()
    }

    /// From 0 to `most`, both within: numbers of so many bits until one fits.
    fn within(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or_default();
        loop {
            let number = self.next32() & mask;
            if number <= most {
                return number;
            }
        }
    }

    /// Another order: from the end on each changes places with one before it or itself.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let most = u32::try_from(last).unwrap_or(u32::MAX);
            let other = usize::try_from(self.within(most)).unwrap_or_default();
            items.swap(last, other);
        }
    }

    /// 0, 1 or 2, each as often: the upper part of a product (Lemire, 2019).
    pub(crate) fn third(&mut self) -> u32 {
        loop {
            let product = u64::from(self.next32()) * 3;
            // 2^32 mod 3 is 1: of one product in 2^32 there is one too many.
            if product & 0xffff_ffff >= 1 {
                return u32::try_from(product >> 32).unwrap_or_default();
            }
        }
    }
}

/// The lower half.
fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What numpy 2 printed for `default_rng(8).permutation(np.arange(10) % 3)` and, after it,
    /// `.choice([0, 1, 2], 10)`.
    #[test]
    fn it_is_numpys() {
        let mut random = Random::new();
        let mut items: Vec<u32> = (0..10).map(|at| at % 3).collect();
        random.shuffle(&mut items);
        assert_eq!(items, [0, 1, 0, 0, 0, 2, 2, 1, 2, 1]);
        let thirds: Vec<u32> = (0..10).map(|_| random.third()).collect();
        assert_eq!(thirds, [2, 0, 1, 1, 1, 1, 1, 0, 0, 1]);
    }
}
