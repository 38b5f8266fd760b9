using IoTBackend.Agent.Host;

namespace IoTBackend.Agent.Engine;

/// <summary>The engine refused a call; its words, or the first of them, are in the message.</summary>
/// <param name="status">Of HTTP: 404 = there is none, 409 = in the way of something else.</param>
internal sealed class EngineRefusedException(int status, string message) : Exception(Words.WithoutAccess(message.Length > MaxMessage ? message[..MaxMessage] : message))
{
    /// <summary>Paths of layers come before what matters.</summary>
    private const int MaxMessage = 2000;

    public int Status => status;

    /// <summary>What the image's author wrote of it is no image to run.</summary>
    public bool IsOfImage { get; init; }

    /// <summary>The device cannot hold what it was told to.</summary>
    public bool IsDiskFull => DiskFull.Says(Message);
}

/// <summary>The engine cannot be reached or does not answer: nothing is known of what it did.</summary>
internal sealed class EngineUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

internal static class DiskFull
{
    /// <summary>ENOSPC and EDQUOT in the words of Go's and .NET's runtimes.</summary>
    public static bool Says(string message) =>
        message.Contains("no space left", StringComparison.OrdinalIgnoreCase) || message.Contains("disk quota exceeded", StringComparison.OrdinalIgnoreCase)
        || message.Contains("not enough space", StringComparison.OrdinalIgnoreCase);
}
