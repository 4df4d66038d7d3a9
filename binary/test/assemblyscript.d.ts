// AssemblyScript's number types, so that the constants of binary/system/linux.ts can be used from Node as they are.
type i32 = number;
