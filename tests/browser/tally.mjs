// Checks with names: one line each, and one of counts at the end, as tests/run reads them.

export class Tally {
  #passed = 0;
  #failed = 0;

  // Runs a check. It fails by throwing, or by returning what it found.
  check = async (name, body) => {
    try {
      const found = (await body()) ?? [];
      if (found.length) throw new Error(found.join("\n      "));
      this.#passed += 1;
      console.log(`ok  ${name}`);
    } catch (error) {
      this.#failed += 1;
      console.log(`FAILED: ${name}\n      ${String(error.stack ?? error).split("\n").slice(0, 14).join("\n      ")}`);
    }
  };

  // Prints the counts; what the program ends with.
  end() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed ? 1 : 0;
  }
}
