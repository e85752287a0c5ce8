//! The half of the index that is searched: tantivy over a folder whose every byte is checked.
//!
//! It answers with case numbers and counts, never with text, and only within a [`Scope`]. The reporter's identity is never
//! given to it. Calls into tantivy are fenced, and damage that one of its threads met is damage of the next call.

mod ask;
mod collect;
mod columns;
mod counted;
mod document;
mod dump;
mod facets;
mod fields;
mod folder;
mod ranking;
mod tokens;

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use nightsafe_schema::case::CaseId;
use tantivy::{
    DocSet as _, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TERMINATED, TantivyError, Term,
    indexer::LogMergePolicy, schema::IndexRecordOption,
};

pub(crate) use self::{
    ask::{Ask, recused_label},
    counted::CountLines,
    document::CaseDocument,
    facets::FacetCode,
};
use self::{collect::ListCollector, columns::OpenColumns, fields::Fields, folder::CheckedFolder, ranking::Ranking};
pub use self::{
    collect::Order,
    counted::Revision,
    facets::{Facet, FacetCounts},
    tokens::{Word, cut},
};
use crate::{
    damage::{Damage, Part, fenced},
    key::IndexKey,
    limits,
    position::Standing,
    scope::{Reach, Scope},
};

/// An open full text.
pub(crate) struct FullText {
    folder: CheckedFolder,
    // In options so that dropping can be fenced.
    reader: Option<IndexReader>,
    writer: Mutex<Option<IndexWriter>>,
    fields: Fields,
    columns: OpenColumns,
}

/// The cases of one page of a list, and counts over the whole list.
#[derive(Debug)]
pub(crate) struct Found {
    /// Each with the number of events that it had.
    pub(crate) cases: Vec<(CaseId, u64)>,
    pub(crate) total: u64,
    pub(crate) facets: FacetCounts,
}

impl FullText {
    /// A new, empty full text in a folder that is not there yet.
    pub(crate) fn create(path: &Path, key: &IndexKey, standing: &Standing) -> Result<Self, Damage> {
        fs::create_dir(path).map_err(Damage::full_text)?;
        let text = Self::connect(path, key, |folder| {
            let (schema, _) = Fields::schema();
            tantivy::Index::create(folder, schema, IndexSettings::default())
        })?;
        text.commit(standing)?;
        Ok(text)
    }

    /// The full text as it was left, once every byte of it was compared with its tag.
    pub(crate) fn open(path: &Path, key: &IndexKey) -> Result<Self, Damage> {
        Self::open_and(path, key, |index, folder| {
            let files = index.load_metas()?.list_segment_files();
            Ok(folder.scan(files.into_iter().filter(|file| path.join(file).exists()))?)
        })
    }

    /// The full text as it was left. What of it is read is compared with its tag then.
    pub(crate) fn open_unchecked(path: &Path, key: &IndexKey) -> Result<Self, Damage> {
        Self::open_and(path, key, |_index, _folder| Ok(()))
    }

    fn open_and(
        path: &Path,
        key: &IndexKey,
        check: impl FnOnce(&tantivy::Index, &CheckedFolder) -> tantivy::Result<()>,
    ) -> Result<Self, Damage> {
        Self::connect(path, key, |folder| {
            let index = tantivy::Index::open(folder.clone())?;
            if index.schema() != Fields::schema().0 {
                return Err(TantivyError::SchemaError("another format".to_owned()));
            }
            check(&index, &folder)?;
            Ok(index)
        })
    }

    /// How far it has come.
    pub(crate) fn standing(&self) -> Result<Standing, Damage> {
        let payload = self.with(|reader| Ok(reader.searcher().index().load_metas()?.payload))?;
        let payload = payload.ok_or_else(|| Damage::full_text("its standing is missing"))?;
        serde_json::from_str(&payload).map_err(Damage::full_text)
    }

    /// Puts this case in place of what was known of it; it is found after the next [`Self::commit`].
    pub(crate) fn replace(&self, document: &CaseDocument) -> Result<(), Damage> {
        self.write(|writer| {
            writer.delete_term(Term::from_field_u64(self.fields.case, document::number(document.case)));
            writer.add_document(document.to_tantivy(&self.fields)).map(drop)
        })
    }

    /// Makes everything replaced so far durable and visible, with the standing.
    pub(crate) fn commit(&self, standing: &Standing) -> Result<(), Damage> {
        let payload = serde_json::to_string(standing).map_err(Damage::full_text)?;
        self.write(|writer| {
            let mut commit = writer.prepare_commit()?;
            commit.set_payload(&payload);
            commit.commit().map(drop)
        })?;
        self.with(|reader| {
            reader.reload()?;
            self.columns.keep_only(reader.searcher().segment_readers());
            Ok(())
        })
    }

    /// The cases within the scope for which all of this holds, from `skip` on, at most `rows` of them.
    pub(crate) fn list(
        &self,
        scope: &Scope,
        asked: &[Ask],
        order: Order,
        skip: usize,
        rows: usize,
    ) -> Result<Found, Damage> {
        let order = match (order, scope.reach()) {
            (Order::Relevance, Reach::Below) => Order::Newest,
            (order, _) => order,
        };
        let (tally, cases) = self.with(|reader| {
            let searcher = reader.searcher();
            let collector = ListCollector { columns: &self.columns, order, rows: skip.saturating_add(rows) };
            let filter = ask::visible(&searcher, scope, &self.fields)?;
            let mut matches = searcher.search(&ask::query(filter.as_ref(), asked, &self.fields), &collector)?;
            let tally = std::mem::take(&mut matches.tally);
            if order != Order::Relevance || tally.total() > limits::RANKED_CASES as u64 {
                return Ok((tally, matches.first()));
            }
            let ranking = Ranking::new(&searcher, filter.as_ref(), self.fields.words, ask::words(asked))?;
            Ok((tally, matches.best(&ranking)?))
        })?;
        let case = |(number, events): &(u64, u64)| Some((CaseId::from_bytes(number.to_be_bytes())?, *events));
        let cases: Option<Vec<_>> = cases.iter().skip(skip).map(case).collect();
        Ok(Found {
            cases: cases.ok_or_else(|| Damage::full_text("a case number of more than 60 bits"))?,
            total: tally.total(),
            facets: tally.named(),
        })
    }

    /// How many events a case had when it was put here; `None` if it is not here.
    pub(crate) fn events_of(&self, case: CaseId) -> Result<Option<u64>, Damage> {
        let term = Term::from_field_u64(self.fields.case, document::number(case));
        self.with(|reader| {
            for segment in reader.searcher().segment_readers() {
                let postings =
                    segment.inverted_index(self.fields.case)?.read_postings(&term, IndexRecordOption::Basic)?;
                let Some(mut postings) = postings else { continue };
                while postings.doc() != TERMINATED {
                    if !segment.is_deleted(postings.doc()) {
                        return Ok(segment.fast_fields().u64(fields::EVENTS)?.first(postings.doc()));
                    }
                    postings.advance();
                }
            }
            Ok(None)
        })
    }

    fn connect(
        path: &Path,
        key: &IndexKey,
        open: impl FnOnce(CheckedFolder) -> tantivy::Result<tantivy::Index>,
    ) -> Result<Self, Damage> {
        let folder = CheckedFolder::open(path, key.purpose("full text")).map_err(Damage::full_text)?;
        let (reader, writer) = fenced(Part::FullText, || {
            let mut index = open(folder.clone())?;
            index.set_tokenizers(tokens::tokenizers());
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
            let writer = index.writer_with_num_threads(1, limits::WRITER_MEMORY)?;
            let mut merging = LogMergePolicy::default();
            merging.set_del_docs_ratio_before_merge(DELETED_BEFORE_MERGING);
            writer.set_merge_policy(Box::new(merging));
            Ok::<_, TantivyError>((reader, writer))
        })?;
        let text = Self {
            folder,
            reader: Some(reader),
            writer: Mutex::new(Some(writer)),
            fields: Fields::schema().1,
            columns: OpenColumns::default(),
        };
        text.intact()?;
        Ok(text)
    }

    fn with<T>(&self, work: impl FnOnce(&IndexReader) -> tantivy::Result<T>) -> Result<T, Damage> {
        self.intact()?;
        let reader = self.reader.as_ref().ok_or_else(|| Damage::full_text("closed"))?;
        let value = fenced(Part::FullText, || work(reader))?;
        // Some of tantivy's readers take a file that cannot be read for one that is empty.
        self.intact()?;
        Ok(value)
    }

    fn write(&self, work: impl FnOnce(&mut IndexWriter) -> tantivy::Result<()>) -> Result<(), Damage> {
        self.intact()?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let open = writer.as_mut().ok_or_else(|| Damage::full_text("closed after earlier damage"))?;
        let written = fenced(Part::FullText, || work(open)).and_then(|()| self.intact());
        if written.is_err() {
            // What it holds half done must never be committed by a later call.
            let broken = writer.take();
            drop(fenced(Part::FullText, || {
                drop(broken);
                Ok::<_, String>(())
            }));
        }
        written
    }

    fn intact(&self) -> Result<(), Damage> {
        self.folder.damage().found().map_or(Ok(()), |what| Err(Damage::full_text(what)))
    }
}

impl Drop for FullText {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let reader = self.reader.take();
        drop(fenced(Part::FullText, || {
            drop(reader);
            // A merge that went on after this would write into a folder that is opened anew or renamed.
            writer.map_or(Ok(()), IndexWriter::wait_merging_threads)
        }));
    }
}

/// The share of deleted documents at which a segment is written anew: each change of a case deletes one.
const DELETED_BEFORE_MERGING: f32 = 0.3;

#[cfg(test)]
mod tests;
