//! How a page looks, as its reader chose: size of text and languages. Carried in every link and form, kept nowhere.

use std::fmt;
use std::sync::Arc;

use askama::filters::HtmlSafe;

use super::form::Answers;
use crate::service::Service;
use crate::words::{self, Bilingual, Words};

/// How a page looks, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) service: Arc<Service>,
    size: TextSize,
    languages: Languages,
    switching: Switching,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum TextSize {
    #[default]
    Usual,
    Big,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Languages {
    /// Chinese first, English beside.
    #[default]
    Both,
    Chinese,
    English,
}

/// How a reader switches to another look without losing anything.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Switching {
    /// By links: the page's own address shows it again.
    ByLinks { path: String, campaign: String },
    /// By buttons of the page's form, which carry its answers.
    ByButtons,
    /// Not at all: nothing shows the page again.
    Never,
}

/// One way to another look.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) words: Words,
    /// The language in which it is written, if it is not the page's.
    pub(crate) language: &'static str,
    /// The value of its button.
    pub(crate) value: &'static str,
    /// Where its link leads; empty for a button.
    pub(crate) href: String,
}

/// A text in the languages of the page, escaped.
#[derive(Debug)]
pub(crate) struct Said<T> {
    words: T,
    languages: Languages,
}

impl Look {
    /// Of a page that was asked for by its address, such as `/add?big=1&lang=en`.
    pub(crate) fn of_query(service: &Arc<Service>, uri: &http::Uri) -> Self {
        let query = Answers::parse(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
        let campaign = query.one("campaign").to_owned();
        Self {
            switching: Switching::ByLinks { path: uri.path().to_owned(), campaign },
            ..Self::of_answers(service, &query)
        }
    }

    /// Of the answer to a posted form, from its hidden fields and the button that was pressed.
    pub(crate) fn of_answers(service: &Arc<Service>, answers: &Answers) -> Self {
        let size = if answers.one("big") == "1" { TextSize::Big } else { TextSize::Usual };
        let languages = match answers.one("lang") {
            "zh" => Languages::Chinese,
            "en" => Languages::English,
            _ => Languages::Both,
        };
        let look = Self { service: Arc::clone(service), size, languages, switching: Switching::ByButtons };
        match answers.one("do").strip_prefix("look:") {
            Some("big") => Self { size: TextSize::Big, ..look },
            Some("small") => Self { size: TextSize::Usual, ..look },
            Some("zh") => Self { languages: Languages::Chinese, ..look },
            Some("en") => Self { languages: Languages::English, ..look },
            Some("both") => Self { languages: Languages::Both, ..look },
            _ => look,
        }
    }

    /// Of a form page whose switches are its buttons.
    pub(crate) fn by_buttons(self) -> Self {
        Self { switching: Switching::ByButtons, ..self }
    }

    /// Of a page that cannot be asked for again.
    pub(crate) fn without_switches(self) -> Self {
        Self { switching: Switching::Never, ..self }
    }

    pub(crate) fn is_big(&self) -> bool {
        self.size == TextSize::Big
    }

    /// Whether the switches are buttons of the page's form.
    pub(crate) fn has_buttons(&self) -> bool {
        self.switching == Switching::ByButtons
    }

    /// The language of the document.
    pub(crate) fn document_language(&self) -> &'static str {
        if self.languages == Languages::English { "en" } else { "zh-CN" }
    }

    /// What a form carries on: names and values.
    pub(crate) fn fields(&self) -> Vec<(&'static str, &'static str)> {
        let big = self.is_big().then_some(("big", "1"));
        big.into_iter().chain(self.language().map(|language| ("lang", language))).collect()
    }

    /// What a link within the site ends with.
    pub(crate) fn query(&self) -> String {
        query(self.fields())
    }

    /// The same for a link to a campaign's form.
    pub(crate) fn query_with(&self, campaign: &str) -> String {
        query(std::iter::once(("campaign", campaign)).chain(self.fields()))
    }

    /// The ways to other looks.
    pub(crate) fn switches(&self) -> Vec<Switch> {
        if self.switching == Switching::Never {
            return Vec::new();
        }
        let size = if self.is_big() {
            (words::SMALLER, "", "look:small", Self { size: TextSize::Usual, ..self.clone() })
        } else {
            (words::LARGER, "", "look:big", Self { size: TextSize::Big, ..self.clone() })
        };
        let to = |languages| Self { languages, ..self.clone() };
        let both = (words::BOTH_LANGUAGES, "", "look:both", to(Languages::Both));
        let chinese = (words::ONLY_CHINESE, "zh-CN", "look:zh", to(Languages::Chinese));
        let english = (words::ONLY_ENGLISH, "en", "look:en", to(Languages::English));
        let languages = match self.languages {
            Languages::Both => [chinese, english],
            Languages::Chinese => [both, english],
            Languages::English => [both, chinese],
        };
        let switch = |(words, language, value, look): (Words, &'static str, &'static str, Self)| Switch {
            words,
            language,
            value,
            href: look.address(),
        };
        std::iter::once(size).chain(languages).map(switch).collect()
    }

    /// A text in the page's languages; markup, escaped.
    pub(crate) fn say<T: Bilingual>(&self, words: T) -> Said<T> {
        Said { words, languages: self.languages }
    }

    /// A text where no markup can stand: titles, options, attributes.
    pub(crate) fn plain(&self, words: impl Bilingual) -> String {
        match self.languages {
            Languages::Both if words.zh() == words.en() => words.zh().to_owned(),
            Languages::Both => format!("{} {}", words.zh(), words.en()),
            Languages::Chinese => words.zh().to_owned(),
            Languages::English => words.en().to_owned(),
        }
    }

    fn language(&self) -> Option<&'static str> {
        match self.languages {
            Languages::Both => None,
            Languages::Chinese => Some("zh"),
            Languages::English => Some("en"),
        }
    }

    fn address(&self) -> String {
        match &self.switching {
            Switching::ByLinks { path, campaign } if campaign.is_empty() => format!("{path}{}", self.query()),
            Switching::ByLinks { path, campaign } => format!("{path}{}", self.query_with(campaign)),
            Switching::ByButtons | Switching::Never => String::new(),
        }
    }
}

fn query<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut fields = fields.into_iter().peekable();
    if fields.peek().is_none() {
        return String::new();
    }
    format!("?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
}

impl<T: Bilingual> fmt::Display for Said<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (zh, en) = (self.words.zh(), self.words.en());
        match self.languages {
            Languages::Both => {
                escape(f, zh)?;
                if !en.is_empty() && en != zh {
                    f.write_str(" <span lang=\"en\">")?;
                    escape(f, en)?;
                    f.write_str("</span>")?;
                }
                Ok(())
            }
            Languages::Chinese => escape(f, zh),
            Languages::English => escape(f, en),
        }
    }
}

/// It has escaped both texts itself.
impl<T: Bilingual> HtmlSafe for Said<T> {}

fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for letter in text.chars() {
        match letter {
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '&' => f.write_str("&amp;")?,
            '"' => f.write_str("&#34;")?,
            '\'' => f.write_str("&#39;")?,
            other => fmt::Write::write_char(f, other)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(query: &str) -> Look {
        Look::of_query(&Arc::default(), &format!("/add?{query}").parse().unwrap())
    }

    #[test]
    fn a_look_is_carried_and_switched() {
        let plain = look("");
        assert_eq!(plain.query(), "");
        let hrefs: Vec<String> = plain.switches().into_iter().map(|switch| switch.href).collect();
        assert_eq!(hrefs, ["/add?big=1", "/add?lang=zh", "/add?lang=en"]);
        let both = look("big=1&lang=zh&campaign=c%26d&other=x");
        assert_eq!(both.fields(), [("big", "1"), ("lang", "zh")]);
        assert_eq!(both.switches().first().unwrap().href, "/add?campaign=c%26d&lang=zh");
        let pressed = Answers::parse(b"big=1&lang=en&do=look%3Asmall").unwrap();
        assert_eq!(Look::of_answers(&Arc::default(), &pressed).fields(), [("lang", "en")]);
    }

    #[test]
    fn what_is_said_is_escaped_in_every_language() {
        let words = Words { zh: "甲<b>", en: "a & 'b'" };
        assert_eq!(look("").say(words).to_string(), "甲&lt;b&gt; <span lang=\"en\">a &amp; &#39;b&#39;</span>");
        assert_eq!(look("lang=zh").say(words).to_string(), "甲&lt;b&gt;");
        assert_eq!(look("lang=en").say(words).to_string(), "a &amp; &#39;b&#39;");
    }
}
