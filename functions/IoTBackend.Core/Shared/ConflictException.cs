namespace IoTBackend.Core.Shared;

/// <summary>
/// Others kept changing what was to be changed, every time it was tried. No service is down: HTTP answers 409, and what came
/// from a queue comes again.
/// </summary>
public sealed class ConflictException(string what) : Exception($"Others keep changing {what}.")
{
    /// <summary>For example <c>the alert</c>.</summary>
    public string What { get; } = what;
}
