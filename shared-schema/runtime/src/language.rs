//! The language a program speaks to the person at the terminal.

/// Chinese or English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Follows `LC_ALL`, `LC_MESSAGES`, `LANG` in this order; Chinese unless one of them names another language.
    pub fn from_environment() -> Self {
        Self::of(["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()))
    }

    /// The one of two texts that is in this language.
    pub fn choose<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    fn of(variables: impl IntoIterator<Item = String>) -> Self {
        match variables.into_iter().find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("zh") => Self::Chinese,
            Some(_) => Self::English,
            None => Self::Chinese,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_set_variable_decides() {
        assert_eq!(Language::of(["zh_CN.UTF-8".to_owned()]), Language::Chinese);
        assert_eq!(Language::of([String::new(), "en_GB.UTF-8".to_owned()]), Language::English);
        assert_eq!(Language::of(["C".to_owned()]), Language::English);
        assert_eq!(Language::of([]), Language::Chinese);
    }
}
