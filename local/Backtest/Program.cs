using IoTBackend.Backtest;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(Arguments.Help);
    return 0;
}
try
{
    Backtest.Run(Arguments.Parse(args));
    return 0;
}
catch (System.Text.DecoderFallbackException)
{
    await Console.Error.WriteLineAsync("backtest: the telemetry is not UTF-8 text; expected CSV, plain or gzip.");
    return 2;
}
catch (ArgumentException exception)
{
    await Console.Error.WriteLineAsync($"backtest: {exception.Message}\n\n{Arguments.Help}");
    return 2;
}
catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"backtest: {exception.Message}");
    return 2;
}
