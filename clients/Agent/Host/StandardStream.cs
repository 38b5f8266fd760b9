using System.Runtime.InteropServices;
using System.Text;

namespace IoTBackend.Agent.Host;

/// <summary>Lines to whoever started the program. <see cref="Console"/> would bring terminals, colours and keys into it.</summary>
internal static partial class StandardStream
{
    public static void Answer(string line) => Write(1, line);

    public static void Say(string line) => Write(2, line);

    /// <summary>What nobody takes is lost: the agent goes on without its journal.</summary>
    private static void Write(int stream, string line)
    {
        for (ReadOnlySpan<byte> left = Encoding.UTF8.GetBytes(line + "\n"); left.Length > 0;)
        {
            var written = Write(stream, left, (nuint)left.Length);
            if (written <= 0)
                return;
            left = left[(int)written..];
        }
    }

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int file, ReadOnlySpan<byte> bytes, nuint count);
}
