namespace IoTBackend.Core.Shared;

/// <summary>A value, or the reason why there is none. Bad input is a value here, never an exception.</summary>
public readonly record struct Result<T>
{
    private Result(T? value, string? reason) => (Value, Reason) = (value, reason);

    public T? Value { get; }

    /// <summary>Why the input was refused, in words its sender can act on; null = accepted.</summary>
    public string? Reason { get; }

    public bool IsRejected => Reason is not null;

    public static Result<T> Ok(T value) => new(value, null);

    public static Result<T> Rejected(string reason) => new(default, reason);

    public static implicit operator Result<T>(T value) => Ok(value);
}
