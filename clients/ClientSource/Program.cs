using IoTBackend.ClientSource;

// The build of clients/Cli runs this: the API's description in, the client's source out.
File.WriteAllText(args[1], ClientSource.Make(File.ReadAllText(args[0])));
