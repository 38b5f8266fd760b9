namespace IoTBackend.Cli;

/// <summary>What scripts can rely on; docs/reference/commands.md lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The backend refused, or what was to be shown is not so.</summary>
    public const int Failed = 1;

    /// <summary>Not understood: options, arguments, configuration, or files that were given.</summary>
    public const int Usage = 2;

    /// <summary>The backend cannot be reached or asks to come again later: the same command may succeed then.</summary>
    public const int Unavailable = 3;

    /// <summary>There is no such device, alert, release ...</summary>
    public const int NotFound = 4;

    /// <summary>Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}
