namespace Microsoft.Azure.Functions.Worker;

/// <summary>What the function returned, for middleware to look at or replace.</summary>
public abstract class InvocationResult<T>
{
    public abstract T? Value { get; set; }
}

public abstract class InvocationResult : InvocationResult<object>;
