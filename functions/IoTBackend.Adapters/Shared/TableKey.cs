namespace IoTBackend.Adapters.Shared;

/// <summary>Parts of table keys.</summary>
internal static class TableKey
{
    /// <summary>Any text without the characters a key must not have (/ \ # ? % and control characters), and distinct texts stay distinct.</summary>
    public static string Escape(string text) => Uri.EscapeDataString(text).Replace('%', '=');

    /// <summary>Sorts the newest first; 19 digits.</summary>
    public static string NewestFirst(DateTimeOffset time) => $"{DateTimeOffset.MaxValue.Ticks - time.UtcTicks:D19}";
}
