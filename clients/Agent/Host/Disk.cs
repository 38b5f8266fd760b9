using System.Runtime.InteropServices;

namespace IoTBackend.Agent.Host;

/// <summary>Writes that a power cut leaves whole: the old content or the new one.</summary>
internal static partial class Disk
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>On the disk when it returns. Readable by the agent's user alone.</summary>
    /// <exception cref="IOException">It is not, and the old content is.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".new";
        using (var file = new FileStream(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private, BufferSize = 0 }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        // The new name is in the directory, which is a file of its own.
        FlushDirectory(Path.GetDirectoryName(path)!);
    }

    public static void FlushDirectory(string path)
    {
        const int readOnlyDirectory = 0; // O_RDONLY
        var file = Open(path, readOnlyDirectory);
        if (file < 0)
            throw new IOException($"{path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (Sync(file) != 0)
                throw new IOException($"{path} cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
