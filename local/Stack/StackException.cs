namespace IoTBackend.Stack;

/// <summary>Something the user has to know or do; the message says it all.</summary>
public sealed class StackException(string message) : Exception(message);
