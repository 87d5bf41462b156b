//! Decisions, read from the bytes of a case.

use arbitrary::Unstructured;

/// Bytes that decide what a case is. When they are used up every decision is the first, plainest one.
pub struct Entropy<'a>(Unstructured<'a>);

impl<'a> Entropy<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        match count {
            0 | 1 => 0,
            count => self.0.int_in_range(0..=count - 1).unwrap_or(0),
        }
    }

    /// True once in `count` times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// One of `choices`, which are some.
    pub fn of<'b, T>(&mut self, choices: &'b [T]) -> &'b T {
        &choices[self.below(choices.len())]
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// Up to `most` bytes.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1).min(self.0.len());
        self.0.bytes(length).unwrap_or_default().to_vec()
    }

    /// All bytes that are left.
    pub fn rest(&mut self) -> Vec<u8> {
        let length = self.0.len();
        self.0.bytes(length).unwrap_or_default().to_vec()
    }
}
