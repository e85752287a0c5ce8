//! The OpenAPI 3.1 document of the reporting interface, made from the field tree.
//!
//! Whatever a catalog adds is in it with no line of code touched. It describes what the gateway serves and promises nothing else.

use serde_json::{Map, Value, json};

use super::{Catalog, problem::ProblemCode};

mod schema;
mod shapes;

impl Catalog {
    /// The whole document, as `GET /api/v1/openapi.json` serves it.
    pub fn openapi(&self) -> Value {
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "举报接口 Reporting interface",
                "version": self.version(),
                "summary": "收一份举报，回一个线索编号。Takes a report, returns a clue number.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": {
                "/api/v1/reports": {"post": self.post_report()},
                "/api/v1/catalog": {"get": described("catalog", "目录 The catalog", "目录全文 The catalog as data")},
                "/api/v1/openapi.json": {"get": described("openapi", "本文件 This document", "本文件 This document")},
            },
            "components": {
                "schemas": self.schemas(),
                "responses": {"Problem": problem_response()},
            },
        })
    }

    fn post_report(&self) -> Value {
        let limits = self.limits();
        json!({
            "operationId": "postReport",
            "summary": "提交举报 Submit a report",
            "description": format!(
                "回答 201 之后，举报已经加密并写入磁盘。Once 201 is answered, the report is encrypted and on disk. \
                 请求体最多 {} 字节、{} 层。The body has at most {} bytes and {} levels.",
                limits.document_bytes, limits.depth, limits.document_bytes, limits.depth,
            ),
            "parameters": [{
                "name": "Idempotency-Key",
                "in": "header",
                "required": false,
                "description": "同一个键和同样的内容，得同一个编号。The same key and content get the same number.",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            }],
            "requestBody": {
                "required": true,
                "content": {
                    "application/json": {"schema": schema::reference("Report")},
                    "multipart/form-data": self.with_attachments(),
                },
            },
            "responses": responses(),
        })
    }

    /// A report with attachments: part `report` first, then parts `attachment`.
    fn with_attachments(&self) -> Value {
        let attachments = self.attachments();
        let kinds = attachments.kinds.iter();
        let types: Vec<&str> = kinds.clone().filter_map(|kind| Some(kind.media_types.first()?.as_str())).collect();
        let sizes: Vec<String> = kinds.map(|kind| format!("{} {}", kind.code, kind.max_bytes)).collect();
        let flows = self.flows().iter().map(|flow| format!("{}: {}", flow.code, flow.attachments.join(" ")));
        let description = format!(
            "先放 report，再放 attachment，按 evidence.attachments 的顺序；种类看内容，不看文件名。\
             The report first, then the attachments in the order of evidence.attachments; the content decides the kind, not the name. \
             每个最多（字节）Bytes of each at most: {}. 合计 All together: {}. 各类可用 Kinds by flow: {}.",
            sizes.join(", "),
            attachments.total_bytes,
            flows.collect::<Vec<_>>().join("; "),
        );
        json!({
            "schema": {
                "type": "object",
                "description": description,
                "required": ["report"],
                "additionalProperties": false,
                "properties": {
                    "report": schema::reference("Report"),
                    "attachment": {
                        "type": "array",
                        "maxItems": attachments.count,
                        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                    },
                },
            },
            "encoding": {
                "report": {"contentType": "application/json"},
                "attachment": {"contentType": types.join(", ")},
            },
        })
    }

    fn schemas(&self) -> Value {
        let mut schemas = Map::new();
        let flows: Vec<Value> = self.flows().iter().map(|flow| schema::reference(&flow.code)).collect();
        let mapping: Map<String, Value> = self
            .flows()
            .iter()
            .map(|flow| (flow.code.clone(), json!(format!("#/components/schemas/{}", flow.code))))
            .collect();
        schemas.insert(
            "Report".to_owned(),
            json!({"oneOf": flows, "discriminator": {"propertyName": "flow", "mapping": mapping}}),
        );
        for flow in self.flows() {
            schemas.insert(flow.code.clone(), schema::report(self, flow));
        }
        for (name, list) in self.lists_of_fields() {
            schemas.insert(schema::list_name(name), schema::list(list));
        }
        schemas.extend(shapes::all());
        schemas.insert("Receipt".to_owned(), receipt());
        schemas.insert("Problem".to_owned(), problem());
        Value::Object(schemas)
    }
}

fn responses() -> Value {
    let received = json!({
        "description": "已接收 Received",
        "content": {"application/json": {"schema": schema::reference("Receipt")}},
    });
    let refusals = REFUSALS.map(|status| (status.to_owned(), json!({"$ref": "#/components/responses/Problem"})));
    Value::Object([("201".to_owned(), received)].into_iter().chain(refusals).collect())
}

fn described(id: &str, summary: &str, description: &str) -> Value {
    json!({
        "operationId": id,
        "summary": summary,
        "responses": {"200": {
            "description": description,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }},
    })
}

fn receipt() -> Value {
    json!({
        "type": "object",
        "required": ["clue_number", "accepted_hour", "catalog", "attachments"],
        "properties": {
            "clue_number": {
                "type": "string",
                "pattern": "^[0-9]{24}$",
                "description": "线索编号，只给这一次；补充材料得到所引的编号。\
                                The clue number, given once; a supplement gets the number it cites.",
            },
            "accepted_hour": {"type": "string", "format": "date-time", "description": "整点 To the hour"},
            "catalog": {"type": "string", "description": "目录版本 The catalog it was checked against"},
            "attachments": {"type": "integer", "minimum": 0, "description": "收下几个附件 How many attachments were taken"},
        },
    })
}

fn problem() -> Value {
    let codes: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "zh": {"type": "string", "description": "怎么办 What to do, in Chinese"},
            "en": {"type": "string", "description": "怎么办 What to do, in English"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["path", "code", "zh", "en"],
                    "properties": {
                        "path": {"type": "string", "examples": ["facts.narrative", "subjects[0].name"]},
                        "code": {"type": "string", "examples": codes},
                        "zh": {"type": "string"},
                        "en": {"type": "string"},
                    },
                },
            },
        },
    })
}

fn problem_response() -> Value {
    json!({
        "description": "没有收下，请照说明改正 Not taken: mend what it says",
        "content": {"application/problem+json": {"schema": schema::reference("Problem")}},
    })
}

/// Every status with which a report is refused (DESIGN section 6).
const REFUSALS: [&str; 9] = ["400", "405", "408", "411", "413", "415", "422", "429", "503"];

#[cfg(test)]
mod tests;
