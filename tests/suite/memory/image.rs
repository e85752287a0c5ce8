//! All memory of a running program that can be read: what a core taken by root would hold.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

/// Its mapped ranges and their bytes.
pub(crate) struct Image(Vec<Range>);

struct Range {
    start: u64,
    name: String,
    bytes: Vec<u8>,
}

impl Image {
    pub(crate) fn of(id: u32) -> Self {
        let maps = fs::read_to_string(format!("/proc/{id}/maps")).expect("only root reads the gateway's memory");
        let memory = File::open(format!("/proc/{id}/mem")).expect("only root reads the gateway's memory");
        let ranges: Vec<Range> = maps.lines().filter_map(|line| Range::read(line, &memory)).collect();
        let total: usize = ranges.iter().map(|range| range.bytes.len()).sum();
        assert!(total > 10_000_000, "{total} bytes are no image of a program");
        Self(ranges)
    }

    /// Where any of the texts stands, with what stands around it.
    pub(crate) fn places_of(&self, texts: &[String]) -> Vec<String> {
        let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let mut places = Vec::new();
        for range in &self.0 {
            let mut from = 0;
            while let Some(at) = first_of(&range.bytes[from..], &texts) {
                let at = from + at;
                let around = &range.bytes[at.saturating_sub(60)..(at + 60).min(range.bytes.len())];
                places.push(format!("{:#x} {}: {}", range.start + at as u64, range.name, around.escape_ascii()));
                from = at + 1;
            }
        }
        places
    }
}

impl Range {
    /// A line of `maps`, such as `7f00-7f80 rw-p 0 00:00 0 [heap]`; `None` if its bytes cannot be read.
    fn read(line: &str, memory: &File) -> Option<Self> {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
        let is_readable = fields.next()?.starts_with('r');
        let name = fields.nth(3).unwrap_or("anonymous").to_owned();
        let mut bytes = vec![0; usize::try_from(end - start).ok()?];
        // Of the kernel's own pages some cannot be read; a range may be gone by now.
        let read = is_readable && !name.starts_with("[v") && memory.read_exact_at(&mut bytes, start).is_ok();
        read.then_some(Self { start, name, bytes })
    }
}

/// The first place of any of the texts.
pub(crate) fn first_of(bytes: &[u8], texts: &[&[u8]]) -> Option<usize> {
    // Few bytes begin a text; each place is compared with those texts only that begin like it.
    let mut by_start = vec![Vec::new(); 256];
    for text in texts.iter().filter(|text| !text.is_empty()) {
        by_start[usize::from(text[0])].push(*text);
    }
    let begins = |at: usize| by_start[usize::from(bytes[at])].iter().any(|text| bytes[at..].starts_with(text));
    (0..bytes.len()).find(|at| begins(*at))
}
