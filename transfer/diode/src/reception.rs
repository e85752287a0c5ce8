//! What has come of a session by its counter: how much was lost on the way, and which datagrams are copies.

use crate::limits;

/// The counters of one session.
#[derive(Clone, Debug)]
pub struct Reception {
    first: u64,
    /// One more than the highest counter that came.
    next: u64,
    came: u64,
    /// Which of the last [`limits::WINDOW`] counters came, one bit each.
    window: Vec<u64>,
}

/// What a datagram's counter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It came for the first time.
    New,
    /// It came before.
    Again,
    /// It is too old to tell; it is taken for new, which costs work and no harm.
    Late,
}

impl Reception {
    /// Nothing has come; what was sent before `counter` was sent before anybody listened.
    pub fn starting_at(counter: u64) -> Self {
        let words = usize::try_from(limits::WINDOW / 64).unwrap_or(1);
        Self { first: counter, next: counter, came: 0, window: vec![0; words] }
    }

    /// Notes a datagram.
    pub fn note(&mut self, counter: u64) -> Arrival {
        if counter >= self.next {
            self.clear(self.next, counter);
            self.next = counter.saturating_add(1);
        } else if self.next - counter > limits::WINDOW {
            return Arrival::Late;
        }
        if counter < self.first {
            // It overtook nobody: the first that was heard had overtaken it.
            self.first = counter;
        }
        let (word, bit) = place(counter);
        let Some(word) = self.window.get_mut(word) else { return Arrival::Late };
        if *word & bit != 0 {
            return Arrival::Again;
        }
        *word |= bit;
        self.came += 1;
        Arrival::New
    }

    /// How many datagrams came, each counted once.
    pub const fn came(&self) -> u64 {
        self.came
    }

    /// How many were sent and have not come, as far as the counters tell.
    pub const fn missing(&self) -> u64 {
        (self.next - self.first).saturating_sub(self.came)
    }

    /// One more than the highest counter that came.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Forgets what the counters from `from` up to `to` meant when they last came by.
    fn clear(&mut self, from: u64, to: u64) {
        if to - from >= limits::WINDOW {
            self.window.fill(0);
            return;
        }
        for counter in from..=to {
            let (word, bit) = place(counter);
            if let Some(word) = self.window.get_mut(word) {
                *word &= !bit;
            }
        }
    }
}

fn place(counter: u64) -> (usize, u64) {
    let slot = counter % limits::WINDOW;
    (usize::try_from(slot / 64).unwrap_or(0), 1 << (slot % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn losses_and_copies_are_told_apart(
            start in 0_u64..1000, steps in prop::collection::vec((0_u64..40, 0_u64..8), 1..300),
        ) {
            let mut reception = Reception::starting_at(start);
            // A session is remembered from its first datagram on.
            let (mut seen, mut counter) = (BTreeSet::from([start]), start);
            prop_assert_eq!(reception.note(start), Arrival::New);
            for (ahead, back) in steps {
                counter += ahead;
                let this = counter.saturating_sub(back);
                let arrival = reception.note(this);
                prop_assert_eq!(arrival == Arrival::New, seen.insert(this), "{}", this);
            }
            let span = seen.last().unwrap() - seen.first().unwrap() + 1;
            prop_assert_eq!(reception.came(), seen.len() as u64);
            prop_assert_eq!(reception.missing(), span - seen.len() as u64);
        }
    }

    #[test]
    fn a_great_jump_is_a_great_loss_and_costs_no_time() {
        let mut reception = Reception::starting_at(5);
        reception.note(5);
        assert_eq!(reception.note((1 << 48) - 1), Arrival::New);
        assert_eq!(reception.missing(), (1 << 48) - 5 - 2);
        assert_eq!(reception.note(5), Arrival::Late);
    }
}
