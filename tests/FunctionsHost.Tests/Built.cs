namespace FunctionsHost.Tests;

/// <summary>What was built beside these tests, in folders of its own.</summary>
internal static class Built
{
    /// <summary>The folder of the hello app.</summary>
    public static string HelloApp => Folder("HelloApp");

    /// <summary>The host as a program.</summary>
    public static string Host => Path.Combine(Folder("FunctionsHost"), "IoTBackend.FunctionsHost.dll");

    private static string Folder(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name);
    }
}
