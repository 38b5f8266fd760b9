namespace IoTBackend.Agent.Updates;

internal static class PullFailure
{
    /// <summary>In dockerd's and podman's words: no platform of it is this one, it is not there, or nobody lets us in. The rest may pass.</summary>
    private static readonly string[] Final =
    [
        "no matching manifest", "no image found in", "does not match the specified platform", "manifest unknown", "repository name not known", "not found: manifest",
        "unauthorized", "authentication required", "access to the resource is denied",
    ];

    public static bool IsFinal(string message) => Array.Exists(Final, words => message.Contains(words, StringComparison.OrdinalIgnoreCase));
}
