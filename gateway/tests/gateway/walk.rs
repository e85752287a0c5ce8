//! A walk through the form as a browser without scripts does it: what a page holds is what the next post sends.

use crate::client::{Answer, Client};
use crate::parts::{Body, KIND};

/// A page of the form in front of somebody.
#[derive(Clone)]
pub(crate) struct Walk<'c> {
    client: &'c Client,
    pub(crate) page: Answer,
    form: Form,
}

/// The form of a page: where it is posted, and what is in it.
#[derive(Clone, Debug, Default)]
struct Form {
    action: String,
    is_multipart: bool,
    /// Names and values of everything that would be sent, in the order of the page.
    fields: Vec<(String, String)>,
    /// Every name that something can be typed or chosen under.
    names: Vec<String>,
    /// Those of them that something can be typed under.
    texts: Vec<String>,
}

impl<'c> Walk<'c> {
    /// Opens a page by its address, following one redirect.
    pub(crate) fn begin(client: &'c Client, path: &str) -> Self {
        let mut page = client.get(path);
        if page.status == 303 {
            page = client.get(page.field("location").unwrap());
        }
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let form = Form::of(&page.body);
        Self { client, page, form }
    }

    /// A page that was open already.
    pub(crate) fn resume(client: &'c Client, page: Answer) -> Self {
        let form = Form::of(&page.body);
        Self { client, page, form }
    }

    /// Types or chooses one value, in the place of what was there.
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        assert!(self.form.names.iter().any(|known| known == name), "no {name} among {:?}", self.form.names);
        self.form.fields.retain(|(known, _)| known != name);
        self.form.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ticks one more box.
    pub(crate) fn tick(mut self, name: &str, value: &str) -> Self {
        assert!(self.form.names.iter().any(|known| known == name), "no {name} among {:?}", self.form.names);
        self.form.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses a button, with no file chosen.
    pub(crate) fn press(self, value: &str) -> Self {
        self.press_with(value, &[])
    }

    /// Presses a button, with files chosen.
    pub(crate) fn press_with(mut self, value: &str, files: &[(&str, &[u8])]) -> Self {
        self.page = self.send(value, files);
        self.form = Form::of(&self.page.body);
        self
    }

    /// Presses a button and stays on the page: what the answer would have been.
    pub(crate) fn send(&self, value: &str, files: &[(&str, &[u8])]) -> Answer {
        if !self.form.is_multipart {
            let mut fields: Vec<(&str, &str)> = self.form.fields.iter().map(|(one, two)| (&**one, &**two)).collect();
            fields.push(("do", value));
            return self.client.post_form(&self.form.action, &fields);
        }
        let text = |body: Body, name: &str, value: &str| body.part(&format!("name=\"{name}\""), None, value.as_bytes());
        let body = self.form.fields.iter().fold(Body::new(), |body, (name, value)| text(body, name, value));
        let nothing_chosen: &[(&str, &[u8])] = &[("", b"")];
        let files = if files.is_empty() { nothing_chosen } else { files };
        let body =
            files.iter().fold(body, |body, (name, data)| body.attachment(name, "application/octet-stream", data));
        post_multipart(self.client, &self.form.action, &text(body, "do", value).end())
    }

    /// The value of a field as the page holds it; empty if it holds none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.form.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.form.names.iter().any(|known| known == name)
    }

    /// Every name that something can be typed under.
    pub(crate) fn texts(&self) -> &[String] {
        &self.form.texts
    }

    /// Puts something else into a hidden field.
    pub(crate) fn forge(mut self, name: &str, value: &str) -> Self {
        self.form.names.push(name.to_owned());
        self.fill(name, value)
    }

    /// The status of the page.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.page.status, status, "{}", self.page.body);
        self
    }

    /// Fills what each flow needs at least and goes on until the check, one page after the other.
    pub(crate) fn least(self, slug: &str) -> Self {
        let subject = |walk: Self| walk.fill("subjects[0].kind", "individual").fill("subjects[0].name", "不清楚");
        let story = |walk: Self, category: &str| {
            let walk = walk.tick("facts.categories", category).fill("facts.title", "强收摊位费");
            walk.fill("facts.narrative", "每天早上有三个人来收钱，不交就掀摊。")
        };
        let begun = self.tick("notice_ack.accepted", "yes").fill("facts.place.detail", "不清楚");
        let told = match slug {
            "officers" => story(subject(begun).fill("subjects[0].system", "POLICE").press("next").expect(200), "PD01"),
            "gang" => story(subject(begun).press("next").expect(200), "GC06"),
            _ => story(begun, "SD06"),
        };
        let files = told.press("next").expect(200);
        let after = files.press("next").expect(200);
        let check = if slug == "gang" { after.press("next").expect(200) } else { after };
        check.tick("declaration.truthful", "yes")
    }

    /// The clue number on a receipt.
    pub(crate) fn number(&self) -> String {
        number(&self.page)
    }
}

/// The clue number on a receipt.
pub(crate) fn number(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.body.matches("<span>").count(), 6, "six groups: {}", page.body);
    Form::of(&page.body).fields.into_iter().find(|(name, _)| name == "number").expect("a receipt").1
}

pub(crate) fn post_multipart(client: &Client, path: &str, body: &[u8]) -> Answer {
    let head = [("Content-Type", KIND), ("Accept", "text/html"), ("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
    client.request("POST", path, &head, body)
}

impl Form {
    fn of(html: &str) -> Self {
        let mut form = Self::default();
        let Some((_, mut rest)) = html.split_once("<form ") else { return form };
        let (tag, after) = rest.split_once('>').unwrap();
        form.action = attribute(tag, "action").unwrap();
        form.is_multipart = tag.contains("multipart/form-data");
        rest = after.split_once("</form>").unwrap().0;
        while let Some((_, after)) = rest.split_once('<') {
            let (tag, after) = after.split_once('>').unwrap();
            rest = after;
            match tag.split_whitespace().next().unwrap_or_default() {
                "input" => form.input(tag),
                "textarea" => {
                    form.texts.extend(attribute(tag, "name"));
                    let (text, after) = rest.split_once("</textarea>").unwrap();
                    form.holds(tag, unescaped(text.strip_prefix('\n').unwrap_or(text)));
                    rest = after;
                }
                "select" => {
                    let (options, after) = rest.split_once("</select>").unwrap();
                    let chosen = options.split("<option ").find(|option| option.contains(" selected"));
                    form.holds(tag, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default());
                    rest = after;
                }
                _ => {}
            }
        }
        form
    }

    fn input(&mut self, tag: &str) {
        let kind = attribute(tag, "type").unwrap();
        let is_choice = matches!(kind.as_str(), "checkbox" | "radio");
        if is_choice && !tag.contains(" checked") {
            self.names.extend(attribute(tag, "name"));
        } else if kind != "file" {
            if kind == "text" {
                self.texts.extend(attribute(tag, "name"));
            }
            self.holds(tag, attribute(tag, "value").unwrap_or_default());
        }
    }

    fn holds(&mut self, tag: &str, value: String) {
        let name = attribute(tag, "name").unwrap();
        if !tag.contains("type=\"hidden\"") {
            self.names.push(name.clone());
        }
        self.fields.push((name, value));
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!("{name}=\""))?;
    Some(unescaped(after.split('"').next()?))
}

fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escaped, letter) in
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#38;", "&")]
    {
        plain = plain.replace(escaped, letter);
    }
    plain
}
