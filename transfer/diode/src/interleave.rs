//! The order in which the shards of several blocks are sent: one of each in turn, so that a burst of lost datagrams takes a
//! few shards of every block and not many of one.

/// Block and shard in sending order, for blocks of these many shards.
pub fn round_robin(shards: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let rounds = shards.iter().copied().max().unwrap_or(0);
    (0..rounds).flat_map(move |shard| {
        shards.iter().enumerate().filter(move |(_, count)| shard < **count).map(move |(block, _)| (block, shard))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_shard_is_sent_once_and_a_burst_is_spread(shards in prop::collection::vec(1_usize..30, 1..17)) {
            let order: Vec<_> = round_robin(&shards).collect();
            prop_assert_eq!(order.len(), shards.iter().sum::<usize>());
            let mut next = vec![0; shards.len()];
            for (block, shard) in &order {
                prop_assert_eq!(*shard, next[*block]);
                next[*block] += 1;
            }
            // As long as all blocks go on, as many datagrams as there are blocks take one shard of each.
            let together = shards.len() * shards.iter().min().unwrap();
            for burst in order[..together].windows(shards.len()) {
                let mut blocks: Vec<_> = burst.iter().map(|(block, _)| *block).collect();
                blocks.sort_unstable();
                blocks.dedup();
                prop_assert_eq!(blocks.len(), shards.len());
            }
        }
    }
}
