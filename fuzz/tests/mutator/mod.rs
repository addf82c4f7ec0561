//! Makes inputs of inputs, the same ones in every run.

/// Changes of one input, at most.
const CHANGES_MAX: usize = 4;
/// What readers look out for.
const MARKS: &[u8] = b"{}[]()<>\"'`\\/:;,.=&%#+-_*?!|~@$^ \t\r\n019aAeEuxzT\x00\x7f\x80\xc3\xe2\xef\xff";

pub(crate) struct Mutator {
    parents: Vec<Vec<u8>>,
    state: u64,
}

impl Mutator {
    pub(crate) fn new(parents: Vec<Vec<u8>>) -> Self {
        Self { parents, state: 0x9E37_79B9_7F4A_7C15 }
    }

    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.parent();
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut bytes);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let (from, to) = self.range(bytes.len());
        match self.below(6) {
            0 if from < bytes.len() => bytes[from] = self.mark(),
            1 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
            2 => bytes.insert(from, self.mark()),
            3 => drop(bytes.drain(from..to)),
            4 => {
                let copy = bytes[from..to].to_vec();
                bytes.splice(from..from, copy);
            }
            _ => {
                let other = self.parent();
                let (start, end) = self.range(other.len());
                bytes.splice(from..to, other[start..end].iter().copied());
            }
        }
    }

    fn parent(&mut self) -> Vec<u8> {
        let number = self.below(self.parents.len());
        self.parents[number].clone()
    }

    fn mark(&mut self) -> u8 {
        MARKS[self.below(MARKS.len())]
    }

    /// Short ones more often than long ones.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        let most = self.below(length - from + 1);
        (from, from + self.below(most + 1))
    }

    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let random = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        random as usize % end.max(1)
    }
}
