namespace IoTBackend.Agent.Configuration;

internal static class DeviceName
{
    private const string MachineId = "{machine-id}";
    private const string HostName = "{hostname}";

    public static string Expand(string text)
    {
        if (text.Contains(MachineId, StringComparison.Ordinal))
            text = text.Replace(MachineId, File.ReadAllText("/etc/machine-id").Trim(), StringComparison.Ordinal);
        return text.Contains(HostName, StringComparison.Ordinal) ? text.Replace(HostName, Environment.MachineName, StringComparison.Ordinal) : text;
    }

    public static bool IsValid(string text) => text.Length is > 0 and <= 128 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}
