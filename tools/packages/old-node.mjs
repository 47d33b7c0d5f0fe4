// Loads each library that is named, on a Node that is too old, and prints what each said, as JSON.
const said = {};
for (const name of process.argv.slice(2))
  said[name] = await import(name).then(
    () => 'loaded',
    ({ message }) => message,
  );
console.log(JSON.stringify(said));
