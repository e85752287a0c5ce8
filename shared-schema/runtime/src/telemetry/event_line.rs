//! One event as one line.

use std::fmt;

use nightsafe_schema::time::{Clock, Hour};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{Disclosure, TelemetryFormat};
use crate::clock::SystemClock;

/// Writes events in one format, with no more than their disclosure allows.
#[derive(Debug)]
pub(super) struct EventLines {
    format: TelemetryFormat,
    disclosure: Disclosure,
    colour: bool,
    clock: SystemClock,
}

impl EventLines {
    pub(super) fn new(format: TelemetryFormat, disclosure: Disclosure, colour: bool) -> Self {
        Self { format, disclosure, colour, clock: SystemClock::start() }
    }

    fn time(&self) -> String {
        let now = self.clock.now();
        match self.disclosure {
            Disclosure::Only(_) => Hour::containing(now).to_string(),
            Disclosure::Full => format!("{now:.0}"),
        }
    }

    fn text(&self, mut writer: Writer<'_>, level: tracing::Level, fields: &Fields) -> fmt::Result {
        let (start, end) = if self.colour { (colour(level), "\x1b[0m") } else { ("", "") };
        write!(writer, "{} {start}{level:>5}{end} {}", self.time(), one_line(&fields.message))?;
        for (name, value) in &fields.others {
            match value {
                Value::String(text) => write!(writer, " {name}={}", one_line(text))?,
                other => write!(writer, " {name}={other}")?,
            }
        }
        writeln!(writer)
    }

    fn json(&self, mut writer: Writer<'_>, level: tracing::Level, target: &str, fields: Fields) -> fmt::Result {
        let mut line = Map::new();
        line.insert("time".to_owned(), self.time().into());
        line.insert("level".to_owned(), level.as_str().to_ascii_lowercase().into());
        line.insert("target".to_owned(), target.into());
        line.insert("message".to_owned(), fields.message.into());
        line.insert("fields".to_owned(), Value::Object(fields.others));
        writeln!(writer, "{}", Value::Object(line))
    }
}

impl<S, N> FormatEvent<S, N> for EventLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields { disclosure: self.disclosure, message: String::new(), others: Map::new() };
        event.record(&mut fields);
        let metadata = event.metadata();
        match self.format {
            TelemetryFormat::Text => self.text(writer, *metadata.level(), &fields),
            TelemetryFormat::Json => self.json(writer, *metadata.level(), metadata.target(), fields),
        }
    }
}

/// The fields of one event that may be told.
struct Fields {
    disclosure: Disclosure,
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn record(&mut self, field: &Field, value: Value) {
        let told = match self.disclosure {
            Disclosure::Full => true,
            Disclosure::Only(names) => names.contains(&field.name()),
        };
        if told {
            self.others.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            value.clone_into(&mut self.message);
        } else {
            self.record(field, value.into());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        self.record(field, text.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == MESSAGE {
            self.message = format!("{value:?}");
        } else {
            self.record(field, format!("{value:?}").into());
        }
    }
}

/// Nothing in an event may start a line of its own or move the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

fn colour(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::ERROR => "\x1b[31m",
        tracing::Level::WARN => "\x1b[33m",
        _ => "\x1b[2m",
    }
}

const MESSAGE: &str = "message";

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: TelemetryFormat, disclosure: Disclosure, events: impl FnOnce()) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .event_format(EventLines::new(format, disclosure, false));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_restricted_program_tells_only_allowed_fields_and_hours() {
        let text = written(TelemetryFormat::Text, Disclosure::Only(&["status"]), || {
            tracing::info!(status = 201, peer = "192.0.2.7", "answered");
        });
        assert!(text.contains(":00:00Z") && text.contains("answered status=201"), "{text}");
        assert!(!text.contains("192.0.2.7"), "{text}");
    }

    #[test]
    fn json_holds_every_field_of_an_unrestricted_program() {
        let text = written(TelemetryFormat::Json, Disclosure::Full, || {
            tracing::warn!(seq = 7_u64, reason = "a\nb", "quarantined");
        });
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "warn");
        assert_eq!(line["message"], "quarantined");
        assert_eq!(line["fields"]["seq"], 7);
        assert_eq!(line["fields"]["reason"], "a\nb");
    }

    #[test]
    fn an_event_is_one_line_whatever_it_says() {
        let text = written(TelemetryFormat::Text, Disclosure::Full, || {
            tracing::info!(name = "a\nb\x1b[2J", "two\nlines");
        });
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(!text.contains('\x1b'), "{text}");
    }
}
