//! What is done to a way while a change is under way on it.

/// In this turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Both ends see a reset.
    Reset,
    /// Both ends see an orderly end.
    Close,
    /// Nothing passes for a while, then it is over.
    HalfOpen,
    /// Nothing comes back for a while, then it is over.
    Unheard,
    /// All comes later.
    Delay,
    /// The connection ends in the middle of what comes back.
    CutReply,
    /// It breaks somewhere, somehow.
    Random,
    /// What commands print ends too early.
    Truncated,
    /// What commands print is longer than it should be.
    Oversized,
    /// What the change prints does not end. That of reads does: the node gets no further reads for
    /// a while then.
    Endless,
}

pub(super) const KINDS: [Kind; 10] = [
    Kind::Reset,
    Kind::Close,
    Kind::HalfOpen,
    Kind::Unheard,
    Kind::Delay,
    Kind::CutReply,
    Kind::Random,
    Kind::Truncated,
    Kind::Oversized,
    Kind::Endless,
];

impl Kind {
    /// Whether an answer that comes all the same may have been met by it.
    pub(super) fn lets_pass(self) -> bool {
        matches!(self, Self::Delay | Self::Truncated | Self::Oversized | Self::Endless)
    }
}

/// One number out of another, without a pattern (splitmix64).
pub(super) fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
