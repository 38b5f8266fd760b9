namespace IoTBackend.Cli;

/// <summary>Ends a command with one line on stderr.</summary>
/// <param name="exitCode">Of <see cref="ExitCode"/>.</param>
/// <param name="message">What is wrong and how to mend it; never holds a key.</param>
internal sealed class CliException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;

    public static CliException Usage(string message) => new(Cli.ExitCode.Usage, message);
}
