using System.Text;
using IoTBackend.Cli;
using IoTBackend.Cli.Commands;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await IotCommand.RunAsync(args, Surroundings.OfThisProcess(), CancellationToken.None);
