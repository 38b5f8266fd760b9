namespace IoTBackend.Agent.Host;

/// <summary>What went wrong, for the log: what was foreseen in its own words, anything else with its kind.</summary>
internal static class Fault
{
    public static string Of(Exception fault) => fault is IOException or UnauthorizedAccessException || fault.GetType().Assembly == typeof(Fault).Assembly
        ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";
}
