//! From a schema to its rules.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{
    Bound, Exact, Format, Keyword, MembersKeyword, Pattern, Rule, RuleId, TypeKeyword, Validator,
};
use crate::schema::compile::SchemaError;
use crate::schema::keyword::{DATE_RANGE, DateBound, NAMES, Names, NativeType};
use crate::schema::refs::Types;
use crate::value::KEYWORD;

/// Keywords of the draft that nothing here supports.
const UNSUPPORTED: [&str; 6] =
    ["$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef", "$vocabulary"];

impl Validator {
    /// Compiles a schema.
    pub(in crate::schema) fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let mut compiler = Compiler {
            root: schema,
            rules: Vec::new(),
            targets: HashMap::new(),
            open: Vec::new(),
            path: Vec::new(),
        };
        let root = compiler.target("#", schema)?;
        Ok(Self { rules: compiler.rules, root })
    }
}

struct Compiler<'s> {
    root: &'s Value,
    rules: Vec<Rule>,
    /// Rules of the targets of references.
    targets: HashMap<String, RuleId>,
    /// Those that are not complete.
    open: Vec<RuleId>,
    /// The place in the schema.
    path: Vec<String>,
}

impl Compiler<'_> {
    fn error<T>(&self, reason: impl Into<String>) -> Result<T, SchemaError> {
        let escaped = |step: &String| format!("/{}", step.replace('~', "~0").replace('/', "~1"));
        Err(SchemaError::new(self.path.iter().map(escaped).collect::<String>(), reason))
    }

    /// Calls a function for the part of the schema at a step.
    fn at<T>(
        &mut self,
        step: impl ToString,
        read: impl FnOnce(&mut Self) -> Result<T, SchemaError>,
    ) -> Result<T, SchemaError> {
        self.path.push(step.to_string());
        let result = read(self);
        self.path.pop();
        result
    }

    /// Compiles the target of a reference, which may lead back to itself.
    fn target(&mut self, reference: &str, schema: &Value) -> Result<RuleId, SchemaError> {
        if let Some(id) = self.targets.get(reference).copied() {
            self.rules[id].is_recursive |= self.open.contains(&id);
            return Ok(id);
        }
        let id = self.reserve();
        self.targets.insert(reference.to_owned(), id);
        self.open.push(id);
        self.rules[id].keywords = self.keywords(schema)?;
        self.open.pop();
        Ok(id)
    }

    fn reserve(&mut self) -> RuleId {
        self.rules.push(Rule::default());
        self.rules.len() - 1
    }

    fn rule(&mut self, schema: &Value) -> Result<RuleId, SchemaError> {
        let id = self.reserve();
        self.rules[id].keywords = self.keywords(schema)?;
        Ok(id)
    }

    fn rule_at(&mut self, step: impl ToString, schema: &Value) -> Result<RuleId, SchemaError> {
        self.at(step, |compiler| compiler.rule(schema))
    }

    fn keywords(&mut self, schema: &Value) -> Result<Vec<Keyword>, SchemaError> {
        let members = match schema {
            Value::Bool(true) => return Ok(Vec::new()),
            Value::Bool(false) => return Ok(vec![Keyword::Never]),
            Value::Object(members) => members,
            other => return self.error(format!("{other} is not a schema")),
        };
        let mut keywords = Vec::new();
        for (name, value) in members {
            let keyword = self.at(name, |compiler| compiler.keyword(name, value, members))?;
            keywords.extend(keyword);
        }
        Ok(keywords)
    }

    /// Compiles a keyword. Of keywords that depend on each other the first one stands for all.
    fn keyword(
        &mut self,
        name: &str,
        value: &Value,
        members: &Map<String, Value>,
    ) -> Result<Option<Keyword>, SchemaError> {
        let is_first = |group: &[&str]| {
            members.keys().find(|name| group.contains(&name.as_str())).is_some_and(|it| it == name)
        };
        Ok(Some(match name {
            "type" => Keyword::Type(self.types(value)?),
            "const" => Keyword::Const(value.clone()),
            "enum" => Keyword::Enum(self.list(value)?.to_vec()),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => match value {
                Value::Number(limit) => Keyword::Bound(Bound::of(name, limit), value.clone()),
                _ => return self.error(format!("{value} is not a number")),
            },
            "multipleOf" => match value {
                Value::Number(divisor) if value.as_f64().is_some_and(|it| it > 0.0) => {
                    Keyword::MultipleOf(Exact::of(divisor), value.to_string())
                }
                _ => return self.error(format!("{value} is not a number greater than 0")),
            },
            "minLength" => Keyword::MinLength(self.count(value)?),
            "maxLength" => Keyword::MaxLength(self.count(value)?),
            "pattern" => Keyword::Pattern(self.pattern(value)?),
            #[cfg(not(feature = "pattern"))]
            "format" if value == "regex" => {
                return self
                    .error("the format `regex` needs the feature `pattern` of `orpc-runtime`");
            }
            "format" => return Ok(value.as_str().and_then(Format::named).map(Keyword::Format)),
            "minItems" => Keyword::MinItems(self.count(value)?),
            "maxItems" => Keyword::MaxItems(self.count(value)?),
            "uniqueItems" if *value == Value::Bool(true) => Keyword::UniqueItems,
            "contains" => {
                let limit = |name: &str, default| match members.get(name) {
                    Some(limit) => self.count(limit),
                    None => Ok(default),
                };
                let (min, max) = (limit("minContains", 1)?, limit("maxContains", u64::MAX)?);
                Keyword::Contains { rule: self.rule(value)?, min, max }
            }
            "prefixItems" | "items" if is_first(&["prefixItems", "items"]) => {
                self.items(members)?
            }
            "minProperties" => Keyword::MinProperties(self.count(value)?),
            "maxProperties" => Keyword::MaxProperties(self.count(value)?),
            "required" => Keyword::Required(self.names(value)?),
            "dependentRequired" => {
                let mut all = Vec::new();
                for (name, others) in self.named(value)? {
                    all.push((name.clone(), self.names(others)?));
                }
                Keyword::DependentRequired(all)
            }
            "dependentSchemas" => {
                Keyword::DependentSchemas(self.named_rules(value)?.into_iter().collect())
            }
            "propertyNames" => Keyword::PropertyNames(self.rule(value)?),
            "properties" | "patternProperties" | "additionalProperties"
                if is_first(&["properties", "patternProperties", "additionalProperties"]) =>
            {
                Keyword::Members(self.members(members)?)
            }
            "unevaluatedItems" => Keyword::UnevaluatedItems(self.rule(value)?),
            "unevaluatedProperties" => Keyword::UnevaluatedProperties(self.rule(value)?),
            "$ref" => Keyword::Reference(self.reference(value)?),
            "allOf" => Keyword::AllOf(self.rules(value)?),
            "anyOf" => Keyword::AnyOf(self.rules(value)?),
            "oneOf" => Keyword::OneOf(self.rules(value)?),
            "not" => Keyword::Not(self.rule(value)?),
            "if" => {
                let condition = self.rule(value)?;
                let mut branch = |name| members.get(name).map(|part| self.rule(part)).transpose();
                Keyword::If { condition, then: branch("then")?, otherwise: branch("else")? }
            }
            KEYWORD => Keyword::NativeType(NativeType::of(members, value)),
            NAMES => Keyword::Names(Names::of(value)),
            bound if DATE_RANGE.contains(&bound) => match DateBound::of(bound, members, value) {
                Some(bound) => Keyword::DateBound(bound),
                None => return self.error(format!("`{bound}` must be a date in ISO 8601 form")),
            },
            unsupported if UNSUPPORTED.contains(&unsupported) => {
                return self.error(format!("`{unsupported}` is not supported"));
            }
            // Annotations, and keywords that have been compiled with others.
            _ => return Ok(None),
        }))
    }

    fn types(&self, value: &Value) -> Result<TypeKeyword, SchemaError> {
        let names = match value {
            Value::Array(names) => names.as_slice(),
            name => std::slice::from_ref(name),
        };
        let (mut types, mut has_number, mut has_integer) = (Types::NONE, false, false);
        for name in names {
            let known = ["null", "boolean", "integer", "number", "string", "array", "object"];
            match name.as_str().filter(|name| known.contains(name)) {
                Some(name) => {
                    types = types | Types::named(name);
                    has_number |= name == "number";
                    has_integer |= name == "integer";
                }
                None => return self.error(format!("{name} is not a type")),
            }
        }
        Ok(TypeKeyword { types, is_integer: has_integer && !has_number })
    }

    fn count(&self, value: &Value) -> Result<u64, SchemaError> {
        // `2.0` is an integer in JSON Schema.
        let float = value.as_f64().filter(|float| float.fract() == 0.0 && *float >= 0.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        match value.as_u64().or_else(|| float.map(|float| float as u64)) {
            Some(count) => Ok(count),
            None => self.error(format!("{value} is not a count")),
        }
    }

    fn pattern(&self, value: &Value) -> Result<Pattern, SchemaError> {
        let Some(text) = value.as_str() else {
            return self.error(format!("{value} is not a regular expression"));
        };
        Pattern::new(text).or_else(|reason| self.error(reason))
    }

    fn list<'v>(&self, value: &'v Value) -> Result<&'v [Value], SchemaError> {
        match value {
            Value::Array(list) => Ok(list),
            other => self.error(format!("{other} is not a list")),
        }
    }

    fn names(&self, value: &Value) -> Result<Vec<String>, SchemaError> {
        let name = |name: &Value| match name.as_str() {
            Some(name) => Ok(name.to_owned()),
            None => self.error(format!("{name} is not a name")),
        };
        self.list(value)?.iter().map(name).collect()
    }

    fn named<'v>(&self, value: &'v Value) -> Result<&'v Map<String, Value>, SchemaError> {
        match value {
            Value::Object(named) => Ok(named),
            other => self.error(format!("{other} is not an object")),
        }
    }

    fn named_rules(&mut self, value: &Value) -> Result<IndexMap<String, RuleId>, SchemaError> {
        let named = self.named(value)?.iter();
        named.map(|(name, part)| Ok((name.clone(), self.rule_at(name, part)?))).collect()
    }

    fn rules(&mut self, value: &Value) -> Result<Vec<RuleId>, SchemaError> {
        let parts = self.list(value)?.iter().enumerate();
        parts.map(|(index, part)| self.rule_at(index, part)).collect()
    }

    fn items(&mut self, members: &Map<String, Value>) -> Result<Keyword, SchemaError> {
        let prefix = members.get("prefixItems").map(|parts| self.rules(parts)).transpose()?;
        let rest = members.get("items").map(|part| self.rule(part)).transpose()?;
        Ok(Keyword::Items { prefix: prefix.unwrap_or_default(), rest })
    }

    fn members(&mut self, members: &Map<String, Value>) -> Result<MembersKeyword, SchemaError> {
        let mut keyword = MembersKeyword::default();
        if let Some(properties) = members.get("properties") {
            keyword.properties = self.named_rules(properties)?;
        }
        if let Some(patterns) = members.get("patternProperties") {
            for (pattern, part) in self.named(patterns)? {
                let names = self.pattern(&Value::String(pattern.clone()))?;
                keyword.patterns.push((names, self.rule_at(pattern, part)?));
            }
        }
        if let Some(others) = members.get("additionalProperties") {
            keyword.others = Some(self.rule(others)?);
        }
        Ok(keyword)
    }

    fn reference(&mut self, value: &Value) -> Result<RuleId, SchemaError> {
        let Some(reference) = value.as_str() else {
            return self.error(format!("{value} is not a reference"));
        };
        // A JSON Pointer in a URI fragment (RFC 6901, section 6).
        let pointer = reference.strip_prefix('#').map(|pointer| {
            percent_encoding::percent_decode_str(pointer).decode_utf8_lossy().into_owned()
        });
        let root = self.root;
        match pointer.as_deref().and_then(|pointer| root.pointer(pointer)) {
            Some(target) => self.target(reference, target),
            None => self.error(format!("there is nothing at the reference {reference:?}")),
        }
    }
}
