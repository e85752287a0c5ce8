// A site of its own on a small disk of its own: keys, ring, certificate and one gateway, made by the real programs and
// served on loopback. Nothing of it outlives the run. Mounting the disk needs root.

import { spawn, execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, statfsSync, writeFileSync, openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Site {
  #programs;
  #folder;
  #child;
  #officers;

  constructor(programs, folder) {
    this.#programs = programs;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    run("mount", ["-t", "tmpfs", "-o", "size=128m", "tmpfs", folder]);
    process.once("SIGTERM", () => process.exit(143));
    process.once("exit", () => run("umount", ["--lazy", folder]));
    mkdirSync(join(folder, "tls"), { recursive: true });
    mkdirSync(join(folder, "keys"), { recursive: true });
    mkdirSync(join(folder, "ring"), { recursive: true });
    this.#certificate();
    const made = this.#keys();
    this.#officers = made.officers.map((officer) => officer.fingerprint);
    this.#configure("127.0.0.1:0", {});
    this.#ring(made, JSON.parse(this.#gateway("init", "--json")));
  }

  // Serves, and says at which address; `later` by so much, as faketime writes it ("+90d").
  async serve(later) {
    const log = openSync(join(this.#folder, "log"), "a");
    const faked = later ? { LD_PRELOAD: fakedClock(), FAKETIME: later, DONT_FAKE_MONOTONIC: "1" } : {};
    this.#child = spawn(this.#program("nightsafe-gateway"), ["serve", "--config", this.#config()], {
      stdio: ["ignore", "pipe", log],
      env: { ...process.env, ...faked },
    });
    closeSync(log);
    for await (const line of createInterface({ input: this.#child.stdout })) {
      const address = /^ready (https:\/\/\S+)$/.exec(line)?.[1];
      if (address) return (this.address = address.replace("127.0.0.1", "localhost"));
    }
    throw new Error(`the gateway is not ready: ${readFileSync(join(this.#folder, "log"))}`);
  }

  // Leaves room for a few pages and for no report; or gives it back.
  fillDisk() {
    const { bavail, bsize } = statfsSync(this.#folder);
    writeFileSync(join(this.#folder, "filler"), Buffer.alloc(bavail * bsize - 1024 * 1024));
  }

  freeDisk() {
    rmSync(join(this.#folder, "filler"));
  }

  // The same gateway again at the same address, with other `settings` (the lines of the file before its first table) or
  // `tables` (those at its end), or in a later time.
  async restart({ settings, tables, later }) {
    await this.stop();
    this.#configure(new URL(this.address).host.replace("localhost", "127.0.0.1"), { settings, tables });
    await this.serve(later);
  }

  // Loses every attachment that waits for its report, as another gateway of the same name would not have it.
  loseAttachments() {
    const folder = join(this.#folder, "staging");
    const files = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
    for (const name of files) rmSync(join(folder, name));
    return files.length;
  }

  // Stops this gateway and no other, unless it has ended; resolves to its exit code.
  async stop() {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    return await ended;
  }

  // Every address the gateway answers to, from its router and catalog.
  routes() {
    return JSON.parse(this.#gateway("routes"));
  }

  // The pin of the certificate, so that one profile of one browser takes it and nothing else does.
  pin() {
    const certificate = new X509Certificate(readFileSync(join(this.#folder, "tls/gateway.pem")));
    const key = certificate.publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(key).digest("base64");
  }

  // Names of files under the site that hold one of these texts.
  holding(texts) {
    const found = [];
    const look = (folder) => {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) look(path);
        else if (texts.some((text) => readFileSync(path).includes(text))) found.push(path);
      }
    };
    look(this.#folder);
    return found;
  }

  #program(name) {
    return join(this.#programs, name);
  }

  #config() {
    return join(this.#folder, "gateway.toml");
  }

  #gateway(...verb) {
    return run(this.#program("nightsafe-gateway"), [...verb, "--config", this.#config()]);
  }

  #ask(...verb) {
    return JSON.parse(run(this.#program("nightsafe-keys"), ["--json", "--i-am-testing", ...verb]));
  }

  #certificate() {
    run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ...["-keyout", join(this.#folder, "tls/gateway.key"), "-out", join(this.#folder, "tls/gateway.pem")],
    ]);
    run("chmod", ["600", join(this.#folder, "tls/gateway.key")]);
  }

  #keys() {
    const keys = join(this.#folder, "keys");
    const officer = (id) =>
      this.#ask("officer", "new", "--id", id, "--name", id, "--without-password", "--out", join(keys, `${id}.key`));
    const identity = (noun) => this.#ask(noun, "new", "--id", `${noun}-1`, "--out", join(keys, `${noun}.key`));
    return { officers: ["a", "b", "c"].map(officer), identities: ["intake", "recovery"].map(identity) };
  }

  #configure(listen, { settings = "", tables = "" }) {
    const quoted = this.#officers.map((one) => `"${one}"`).join(", ");
    writeFileSync(
      this.#config(),
      `site = "browser"
gateway = "gateway-1"
listen = "${listen}"
${settings}
[service]
onion = "http://${"a".repeat(56)}.onion"
[[service.contact]]
name = { zh = "举报电话", en = "Telephone" }
reach = "12337"
[tls]
certificate = "tls/gateway.pem"
key = "tls/gateway.key"
[ring]
path = "ring/ring.json"
officers = [${quoted}]
threshold = 2
[folders]
staging = "staging"
outbox = "outbox"
state = "state"
[credentials]
site_secret = "credentials/site.secret"
journal_key = "credentials/journal.key"
form_key = "credentials/form.key"
${tables}
`,
    );
  }

  #ring({ officers, identities }, gateway) {
    const fields = (facts, names) => names.map((name) => `${name} = ${JSON.stringify(facts[name])}\n`).join("");
    const tables = (kind, all, names) => all.map((facts) => `[[${kind}]]\n${fields(facts, names)}`).join("");
    const intake = identities.find((facts) => facts.use === "intake");
    const spec = join(this.#folder, "keys/ring.toml");
    writeFileSync(
      spec,
      `site = "browser"\nthreshold = 2\n${fields(intake, ["not_before", "not_after"])}` +
        tables("recipients", identities, ["id", "use", "recipient", "not_before", "not_after"]) +
        tables("officers", officers, ["id", "name", "key"]) +
        `[[gateways]]\nid = ${JSON.stringify(gateway.gateway)}\nkey = ${JSON.stringify(gateway.key)}\n`,
    );
    const ring = join(this.#folder, "ring/ring.json");
    this.#ask("ring", "make", "--spec", spec, "--out", ring);
    for (const id of ["a", "b"]) {
      const key = join(this.#folder, `keys/${id}.key`);
      this.#ask("ring", "sign", "--officer", id, "--key", key, "--version", "1", "--ring", ring);
    }
  }
}

// libfaketime, wherever Debian has it for this machine.
function fakedClock() {
  const folder = readdirSync("/usr/lib").find((name) => existsSync(`/usr/lib/${name}/faketime/libfaketimeMT.so.1`));
  if (!folder) throw new Error("Debian's package faketime is missing");
  return `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`;
}

function run(program, argv) {
  return execFileSync(program, argv, { encoding: "utf8", env: { ...process.env, LANG: "C" }, stdio: ["ignore", "pipe", "pipe"] });
}
